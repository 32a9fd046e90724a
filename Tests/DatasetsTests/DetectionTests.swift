import Datasets
import FileFixtures
import Files
import Foundation
import Images
import Testing

@Suite struct DetectionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func addImage(_ name: String, height: Int = 20, width: Int = 30) throws {
    try folder.write(
      Image(height: height, width: width, channels: 3, filledWith: 9).encodedPNG(), to: name)
  }

  private func coco(
    images: String =
      #"{"id": 5, "file_name": "a.png", "width": 30, "height": 20, "split": "train"}"#,
    annotations: String,
    categories: String = #"{"id": 7, "name": "dog"}, {"id": 2, "name": "cat"}"#
  ) throws -> String {
    let text = """
      {"images": [\(images)], "annotations": [\(annotations)], "categories": [\(categories)]}
      """
    return try folder.write(Data(text.utf8), to: "annotations.json")
  }

  private func box(_ numbers: String, image: Int = 5, category: Int = 7, more: String = "")
    -> String
  {
    #"{"id": 1, "image_id": \#(image), "category_id": \#(category), "bbox": [\#(numbers)]\#(more)}"#
  }

  @Test func `COCO boxes are read with class, place and flags`() throws {
    try addImage("images/a.png")
    let path = try coco(
      annotations: box("1, 2, 3, 4.5", more: #", "iscrowd": 1, "difficult": true"#) + ","
        + box("0, 0, 30, 20", category: 2))
    let set = try DetectionSet(coco: path).checked()
    #expect(set.classNames == ["cat", "dog"] && set.objectCount == 2)
    let objects = set.images[0].objects
    #expect(objects[0].label == 1 && objects[0].isCrowd && objects[0].isDifficult)
    #expect(objects[0].box == BoundingBox(x: 1, y: 2, width: 3, height: 4.5))
    #expect(objects[1].label == 0 && !objects[1].isCrowd)
    #expect(set.part("train").images.count == 1 && set.part("test").images.isEmpty)
    #expect(try set.file(0).decoded().pixels[0] == 9)
    #expect(try set.drawing(0).pixels.contains(230))
  }

  @Test func `every kind of mistake is counted and named, and the rest is sound`() throws {
    try addImage("images/a.png")
    let path = try coco(
      images: #"""
        {"id": 5, "file_name": "a.png", "width": 30, "height": 20},
        {"id": 5, "file_name": "twice.png", "width": 30, "height": 20},
        {"id": 6, "file_name": "gone.png", "width": 30, "height": 20},
        {"id": 8, "file_name": "../annotations.json", "width": 30, "height": 20}
        """#,
      annotations: [
        box("1, 1, 0, 5"), box("1, 1, 5, -5"), box("25, 15, 10, 10"), box("-4, -4, 2, 2"),
        box("1, 1, 2, 2", image: 77), box("1, 1, 2, 2", category: 3), box("2, 2, 4, 4"),
      ].joined(separator: ","))
    let set = try DetectionSet(coco: path)
    let counts = set.problems.counts
    #expect(
      counts == [
        .emptyBox: 2, .boxOutside: 2, .unknownImage: 1, .unknownClass: 1, .repeatedImage: 1,
        .missingImage: 2,
      ])
    #expect(
      set.images.map(\.objects).map { $0.map(\.box) } == [
        [
          BoundingBox(x: 25, y: 15, width: 5, height: 5),
          BoundingBox(x: 2, y: 2, width: 4, height: 4),
        ]
      ])
    let error = #expect(throws: DatasetError.self) { try set.checked() }
    let text = error?.description ?? ""
    for part in ["2 boxes without area (a.png #1, a.png #2)", "gone.png", "category 3", "image 77"]
    {
      #expect(text.contains(part), "\(text)")
    }
  }

  @Test(arguments: [
    ("[]", "images"), ("{", "not JSON"), (#"{"images": []}"#, "annotations is missing"),
    (
      #"{"images": [{"id": 1, "file_name": 5, "width": 1, "height": 1}], "annotations": [], "categories": []}"#,
      "images[0].file_name"
    ),
    (
      #"{"images": [], "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1]}], "categories": []}"#,
      "annotations[0].bbox has 1 numbers"
    ),
  ])
  func `what is no COCO file is refused with the place`(text: String, word: String) {
    let failure = #expect(throws: FileFailure.self) {
      try COCOAnnotations(parsing: Data(text.utf8), path: "x.json")
    }
    #expect(failure?.kind == .malformed)
    let sentence = failure?.description ?? ""
    #expect(
      sentence.contains(word) || sentence.contains(word.replacingOccurrences(of: "_n", with: "N")),
      "\(sentence)")
  }

  private func voc(
    _ objects: String, file: String = "a.png", size: (height: Int, width: Int) = (20, 30)
  ) -> Data {
    Data(
      """
      <?xml version="1.0"?><!-- a comment --><annotation>
       <folder>VOC2007</folder><filename>\(file)</filename>
       <size><width>\(size.width)</width><height>\(size.height)</height><depth>3</depth></size>
       \(objects)
      </annotation>
      """.utf8)
  }

  private func object(_ name: String, _ corners: (Int, Int, Int, Int), more: String = "") -> String
  {
    """
    <object><name>\(name)</name>\(more)<bndbox><xmin>\(corners.0)</xmin><ymin>\(corners.1)</ymin>
    <xmax> \(corners.2) </xmax><ymax>\(corners.3)</ymax></bndbox></object>
    """
  }

  @Test func `Pascal VOC boxes are read, parts of objects passed over`() throws {
    try addImage("JPEGImages/a.png")
    try addImage("JPEGImages/b.png")
    let part = """
      <difficult>1</difficult><truncated>0</truncated>
      <part><name>head</name><bndbox><xmin>9</xmin><ymin>9</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></part>
      """
    try folder.write(
      voc(object("dog &amp; co", (3, 4, 13, 9), more: part) + object("cat", (1, 1, 2, 2))),
      to: "Annotations/a.xml")
    try folder.write(voc("", file: "b.png"), to: "Annotations/b.xml")
    try folder.write(Data("a\n".utf8), to: "ImageSets/Main/train.txt")
    let set = try DetectionSet(voc: folder.path).checked()
    #expect(set.classNames == ["cat", "dog & co"])
    let first = set.images[0].objects[0]
    #expect(first.label == 1 && first.isDifficult && !first.isTruncated)
    #expect(first.box == BoundingBox(x: 3, y: 4, width: 10, height: 5))
    #expect(set.images.map(\.split) == ["train", nil] && set.images[1].objects.isEmpty)
    let other = try DetectionSet(voc: folder.path, classNames: ["cat"])
    #expect(other.problems.counts == [.unknownClass: 1])
  }

  @Test func `mistakes in Pascal VOC annotations are counted, too`() throws {
    try addImage("JPEGImages/a.png")
    try folder.write(
      voc(object("dog", (5, 5, 5, 9)) + object("dog", (0, 0, 40, 10))), to: "Annotations/a.xml")
    try folder.write(voc("", file: "gone.png"), to: "Annotations/b.xml")
    try folder.write(voc("", file: "a.png"), to: "Annotations/c.xml")
    let set = try DetectionSet(voc: folder.path)
    #expect(
      set.problems.counts == [.emptyBox: 1, .boxOutside: 1, .missingImage: 1, .repeatedImage: 1])
    #expect(set.images[0].objects.map(\.box.width) == [30])
  }

  @Test(arguments: [
    ("<annotation><filename>a</filename>", "not well-formed"), ("", "no element"),
    ("<html><body/></html>", "no annotation"), ("<annotation/>", "filename"),
    (
      "<annotation><filename>a</filename><size><width>wide</width></size></annotation>",
      "width is \"wide\""
    ),
    ("<annotation><a></b></annotation>", "</b> closes <a>"),
    ("<annotation>&bomb;</annotation>", "no entity"),
    ("<!DOCTYPE a [<!ENTITY b \"c\">]><annotation/>", "declarations"),
    (
      "<annotation><filename>a</filename><object><name>x</name></object></annotation>", "corner"
    ),
  ])
  func `what is no Pascal VOC annotation is refused`(text: String, word: String) {
    let failure = #expect(throws: FileFailure.self) {
      try VOCAnnotation(parsing: Data(text.utf8), path: "x.xml")
    }
    #expect(failure?.description.contains(word) == true, "\(failure?.description ?? "")")
  }

  @Test func `names that are not UTF-8 are refused`() {
    let failure = #expect(throws: FileFailure.self) {
      try VOCAnnotation(parsing: Data("<an".utf8) + [0xff, 0xfe] + Data(">".utf8), path: "x.xml")
    }
    #expect(failure?.description.contains("UTF-8") == true)
  }

  @Test func `an image of another size than annotated is refused when it is read`() throws {
    try addImage("images/a.png", height: 21)
    let set = try DetectionSet(coco: coco(annotations: box("1, 1, 2, 2")))
    let failure = #expect(throws: FileFailure.self) { try set.file(0) }
    #expect(failure?.description.contains("21 x 30, its annotation says 20 x 30") == true)
  }
}
