/// A type that stands in a recipe as one word or number.
///
/// The wanted type decides how a word is read, so `country: no` is text where text is wanted.
protocol RecipeScalar {
  init(_ setting: SettingNode) throws
  var recipeContent: RecipeTree.Content { get }
}

extension Bool: RecipeScalar {
  init(_ setting: SettingNode) throws {
    switch setting.plainText {
    case "true", "True", "TRUE": self = true
    case "false", "False", "FALSE": self = false
    default: throw setting.mismatch("true or false")
    }
  }

  var recipeContent: RecipeTree.Content { .scalar(self ? "true" : "false", isText: false) }
}

extension String: RecipeScalar {
  init(_ setting: SettingNode) throws {
    guard case .scalar(let text, _) = setting.given.content else {
      throw setting.mismatch("a text")
    }
    self = text
  }

  var recipeContent: RecipeTree.Content { .scalar(self, isText: true) }
}

extension BinaryFloatingPoint where Self: RecipeScalar & LosslessStringConvertible {
  init(_ setting: SettingNode) throws {
    let text = setting.plainText ?? ""
    switch text.lowercased() {
    case ".inf", "+.inf": self = .infinity
    case "-.inf": self = -.infinity
    default:
      guard let number = decimalText(text).flatMap(Self.init) else {
        throw setting.mismatch("a number")
      }
      guard number.isFinite else {
        throw setting.mismatch("at most \(Self.greatestFiniteMagnitude) in size")
      }
      self = number
    }
  }

  var recipeContent: RecipeTree.Content {
    let text = isFinite ? description : isNaN ? ".nan" : self < 0 ? "-.inf" : ".inf"
    return .scalar(text, isText: false)
  }
}

extension FixedWidthInteger where Self: RecipeScalar {
  init(_ setting: SettingNode) throws {
    guard let text = setting.plainText.flatMap(decimalText) else {
      throw setting.mismatch("a whole number")
    }
    if let number = Self(text) {
      self = number
    } else if let number = Double(text), number.isFinite, number == number.rounded() {
      // 1e5 is a convenient way to write steps; beyond 2^53 it would no longer be exact.
      guard abs(number) <= 0x1p53, let whole = Self(exactly: number) else {
        throw setting.mismatch("a whole number from \(Self.min) to \(Self.max)")
      }
      self = whole
    } else {
      throw setting.mismatch("a whole number")
    }
  }

  var recipeContent: RecipeTree.Content { .scalar(description, isText: false) }
}

extension Double: RecipeScalar {}
extension Float: RecipeScalar {}
extension Int: RecipeScalar {}
extension Int8: RecipeScalar {}
extension Int16: RecipeScalar {}
extension Int32: RecipeScalar {}
extension Int64: RecipeScalar {}
extension UInt: RecipeScalar {}
extension UInt8: RecipeScalar {}
extension UInt16: RecipeScalar {}
extension UInt32: RecipeScalar {}
extension UInt64: RecipeScalar {}

/// The digits of a decimal number without the underscores that group them, or `nil` for anything
/// else that Swift would read as a number, such as `0x1p3` or `infinity`.
private func decimalText(_ text: String) -> String? {
  let digits = text.replacing("_", with: "")
  let allowed = digits.allSatisfy { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }
  return allowed && digits.contains(where: \.isNumber) ? digits : nil
}
