/// A built-in font of 5 by 7 pixels for the printable characters of ASCII.
enum PixelFont {
  static let width = 5
  static let height = 7

  /// Seven rows per character from the space on, each row a digit of base 32 whose bits are its
  /// pixels, the leftmost first.
  private static let glyphs = """
    0000000 4444404 aa00000 aavavaa 4fke5u4 op248j3 cik8lid 4400000 2488842 8422248 04lel40 044v440
    0000448 000v000 00000cc 01248g0 ehjlphe 4c4444e eh1248v v2421he 26aiv22 vgu11he 68guhhe v124888
    ehhehhe ehhf12c 0cc0cc0 0cc0c48 248g842 00v0v00 8421248 eh12404 eh1dlle ehhvhhh uhhuhhu ehggghe
    sihhhis vgguggv vgguggg ehgnhhf hhhvhhh e44444e 72222ic hikokih ggggggv hrllhhh hhpljhh ehhhhhe
    uhhuggg ehhhlid uhhukih fgge11u v444444 hhhhhhe hhhhha4 hhhllla hha4ahh hhha444 v1248gv e88888e
    0g84210 e22222e 4ah0000 000000v 8420000 00e1fhf ggmphhu 00egghe 11djhhf 00ehvge 698s888 00fhf1e
    ggmphhh 40c444e 20622ic ggikoki c44444e 00qllhh 00mphhh 00ehhhe 00uhugg 00djf11 00mpggg 00ege1u
    88s8896 00hhhjd 00hhha4 00hhlla 00ha4ah 00hhf1e 00v248v 2448442 4444444 8442448 0008l20
    """.split(whereSeparator: \.isWhitespace).map { rows in
      rows.compactMap { UInt8(String($0), radix: 32) }
    }

  /// The rows of a character; those of a question mark for any other.
  static func rows(of character: Character) -> [UInt8] {
    let code = character.asciiValue.map { Int($0) - 32 } ?? -1
    return glyphs.indices.contains(code) ? glyphs[code] : glyphs[31]
  }
}
