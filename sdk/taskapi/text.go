package taskapi

import (
	"strings"
	"unicode"
)

// unseen are the characters that show nothing, or only together with others.
var unseen = []*unicode.RangeTable{
	unicode.White_Space, unicode.Cc, unicode.Cf, unicode.M, unicode.Other_Default_Ignorable_Code_Point,
	// The blanks of Braille, musical notes and hieroglyphs.
	{R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}}, R32: []unicode.Range32{{Lo: 0x13441, Hi: 0x13442, Stride: 1}, {Lo: 0x1d159, Hi: 0x1d159, Stride: 1}}},
}

// IsBlank reports whether a person sees nothing of a text. The service refuses
// blank titles and tags.
func IsBlank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.In(r, unseen...) || unicode.Is(unicode.Prepended_Concatenation_Mark, r)
	})
}

// caseless writes out letters whose case is not a matter of one letter each, and
// takes the four letters i of Turkish for one.
var caseless = strings.NewReplacer("ß", "ss", "ẞ", "ss", "İ", "i", "ı", "i")

// TagKey returns what a tag in Unicode's composed form is compared by: two tags
// with one key differ only in case, or in characters that show nothing, and are
// the same tag.
func TagKey(tag string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
			return -1
		}
		// The smallest of the letters that are the same but for their case.
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return unicode.ToLower(least)
	}, caseless.Replace(tag))
}
