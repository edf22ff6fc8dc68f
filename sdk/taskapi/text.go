package taskapi

import (
	"strings"
	"unicode"
)

// invisible are characters that are invisible, or visible only together with others.
var invisible = []*unicode.RangeTable{
	unicode.White_Space, unicode.Cc, unicode.Cf, unicode.M, unicode.Other_Default_Ignorable_Code_Point,
	// The blanks of Braille, musical notation and hieroglyphs.
	{R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}}, R32: []unicode.Range32{{Lo: 0x13441, Hi: 0x13442, Stride: 1}, {Lo: 0x1d159, Hi: 0x1d159, Stride: 1}}},
}

// IsBlank reports whether a text has no visible character. The service rejects
// blank titles and tags.
func IsBlank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.In(r, invisible...) || unicode.Is(unicode.Prepended_Concatenation_Mark, r)
	})
}

// caseless replaces letters whose case folding is not one letter to one letter, and
// makes the four Turkish letters i equal.
var caseless = strings.NewReplacer("ß", "ss", "ẞ", "ss", "İ", "i", "ı", "i")

// TagKey returns the key by which tags are compared. The tag must be in Unicode's
// composed form (NFC). Tags that differ only in case or in invisible characters have
// the same key and are the same tag.
func TagKey(tag string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
			return -1
		}
		// The smallest letter among those that differ only in case.
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return unicode.ToLower(least)
	}, caseless.Replace(tag))
}
