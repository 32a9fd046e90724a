import Datasets
import Foundation

/// Reads any bytes as a COCO annotation file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCOCO(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Data(UnsafeBufferPointer(start: start, count: count))
  guard let annotations = try? COCOAnnotations(parsing: input, path: "input") else { return 0 }
  var problems = AnnotationProblems()
  let (classNames, images) = annotations.resolved(noting: &problems)
  for image in images {
    for object in image.objects where !classNames.indices.contains(object.label) {
      fatalError("a box has a class that does not exist")
    }
  }
  return 0
}
