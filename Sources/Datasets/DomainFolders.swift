import Foundation

/// The same classes in several domains, each a folder or archive of class folders, as in
/// Office-Caltech: `amazon.tar`, `dslr.tar`, `webcam.tar`.
///
/// - Source: Saenko et al., *Adapting Visual Category Models to New Domains* (2010).
public struct DomainFolders: Sendable {
  /// The images of every domain.
  public let domains: [String: ImageFiles]

  /// Lists the domains in a folder.
  ///
  /// - Parameter path: Holds one folder or archive per domain.
  /// - Throws: ``DatasetError`` where there are no domains, or where one of them has other classes
  ///   than the first; `FileFailure` for what cannot be read.
  public init(at path: String) throws {
    let entries = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    var domains: [String: ImageFiles] = [:]
    for entry in entries where !entry.hasPrefix(".") {
      let isArchive = [".tar", ".tar.gz", ".tgz"].contains { entry.hasSuffix($0) }
      guard isArchive || isFolder("\(path)/\(entry)") else { continue }
      let name = entry.prefix { $0 != "." }
      domains[String(name)] = try ImageFiles(at: "\(path)/\(entry)", name: String(name))
    }
    guard let first = domains.sorted(by: { $0.key < $1.key }).first?.value else {
      throw DatasetError.noClasses(path: path)
    }
    for (name, files) in domains.sorted(by: { $0.key < $1.key })
    where files.classNames != first.classNames {
      let difference = Set(files.classNames).symmetricDifference(first.classNames).sorted()
      throw DatasetError.contradiction(
        path: "\(path)/\(name)",
        reason: "has other classes than \(first.name) (\(difference.joined(separator: ", "))); "
          + "every domain needs the same class folders")
    }
    self.domains = domains
  }
}
