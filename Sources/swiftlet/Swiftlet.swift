import SwiftletCommands

@main
struct Swiftlet {
  static func main() {
    SwiftletCommand.main()
  }
}
