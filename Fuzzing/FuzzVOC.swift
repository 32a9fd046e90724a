import Datasets
import Foundation

/// Reads any bytes as a Pascal VOC annotation; what is accepted has a file and whole boxes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzVOC(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Data(UnsafeBufferPointer(start: start, count: count))
  guard let annotation = try? VOCAnnotation(parsing: input, path: "input") else { return 0 }
  guard !annotation.file.isEmpty else { fatalError("an annotation has no file") }
  for object in annotation.objects {
    guard let xmin = object.xmin, let xmax = object.xmax, let ymin = object.ymin,
      let ymax = object.ymax, xmin.isFinite, xmax.isFinite, ymin.isFinite, ymax.isFinite
    else { fatalError("an accepted box lacks a corner") }
  }
  return 0
}
