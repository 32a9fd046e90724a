import SwiftletCommands

@main
struct Swiftlet {
  static func main() async {
    await SwiftletCommand.main()
  }
}
