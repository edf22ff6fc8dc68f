package sdktest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// accents maps combining marks to letters: pairs of a letter without and with the mark,
// for the languages of the conformance suite's searches.
var accents = map[rune]string{
	'\u0300': "AÀEÈIÌOÒUÙaàeèiìoòuùÂẦâầĂẰăằÊỀêềÔỒôồƠỜơờƯỪưừYỲyỳЕЀИЍеѐиѝ",
	'\u0301': "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzźÂẤâấĂẮăắÊẾêếÔỐôốƠỚơớƯỨưứΑΆΕΈΗΉΙΊΟΌΥΎΩΏϊΐαάεέηήιίϋΰοόυύωώГЃКЌгѓкќ",
	'\u0302': "AÂEÊIÎOÔUÛaâeêiîoôuûCĈcĉGĜgĝHĤhĥJĴjĵSŜsŝWŴwŵYŶyŷẠẬạậẸỆẹệỌỘọộ",
	'\u0303': "AÃNÑOÕaãnñoõIĨiĩUŨuũÂẪâẫĂẴăẵEẼeẽÊỄêễÔỖôỗƠỠơỡƯỮưữYỸyỹ",
	'\u0304': "AĀaāEĒeēIĪiīOŌoōUŪuū",
	'\u0306': "AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭẠẶạặУЎИЙийуў",
	'\u0307': "CĊcċEĖeėGĠgġIİZŻzżBḂbḃ",
	'\u0308': "AÄEËIÏOÖUÜaäeëiïoöuüyÿYŸΙΪΥΫιϊυϋЕЁІЇеёії",
	'\u0309': "AẢaảÂẨâẩĂẲăẳEẺeẻÊỂêểIỈiỉOỎoỏÔỔôổƠỞơởUỦuủƯỬưửYỶyỷ",
	'\u030a': "AÅaåUŮuů",
	'\u030b': "OŐoőUŰuű",
	'\u030c': "CČcčDĎdďEĚeěLĽlľNŇnňRŘrřSŠsšTŤtťZŽzž",
	'\u031b': "OƠoơUƯuư",
	'\u0323': "AẠaạEẸeẹIỊiịOỌoọƠỢơợUỤuụƯỰưựYỴyỵ",
	'\u0326': "SȘsșTȚtț",
	'\u0327': "CÇcçGĢgģKĶkķLĻlļNŅnņRŖrŗSŞsşTŢtţ",
	'\u0328': "AĄaąEĘeęIĮiįUŲuų",
	'\u0653': "اآ",
	'\u0654': "اأوؤيئ",
	'\u0655': "اإ",
	'\u3099': "かがきぎくぐけげこごさざしじすずせぜそぞただちぢつづてでとどはばひびふぶへべほぼうゔゝゞカガキギクグケゲコゴサザシジスズセゼソゾタダチヂツヅテデトドハバヒビフブヘベホボウヴワヷヰヸヱヹヲヺヽヾ",
	'\u309a': "はぱひぴふぷへぺほぽハパヒピフプヘペホポ",
}

// composed maps a letter and its mark to the composed letter; decomposed is the inverse.
var composed, decomposed = func() (map[[2]rune]rune, map[rune][2]rune) {
	composed, decomposed := make(map[[2]rune]rune), make(map[rune][2]rune)
	for accent, letters := range accents {
		runes := []rune(letters)
		for i := 0; i < len(runes); i += 2 {
			pair := [2]rune{runes[i], accent}
			composed[pair], decomposed[runes[i+1]] = runes[i+1], pair
		}
	}
	return composed, decomposed
}()

// compose returns a text in Unicode's composed form (NFC), for the letters in accents.
func compose(text string) string {
	var runes []rune
	for _, r := range text {
		if last := len(runes) - 1; last >= 0 {
			if whole, ok := composed[[2]rune{runes[last], r}]; ok {
				runes[last] = whole
				continue
			}
		}
		runes = append(runes, r)
	}
	return string(runes)
}

// decompose returns a text in Unicode's decomposed form (NFKD), for the letters in
// accents.
func decompose(text string) string {
	var runes []rune
	for _, r := range text {
		at := len(runes)
		for pair, ok := decomposed[r]; ok; pair, ok = decomposed[r] {
			runes = slices.Insert(runes, at, pair[1])
			r = pair[0]
		}
		runes = slices.Insert(runes, at, r)
	}
	return string(runes)
}

// plain returns a letter without case and accents.
func plain(r rune) rune {
	r, _ = utf8.DecodeRuneInString(decompose(string(r)))
	return unicode.ToLower(unicode.ToUpper(r))
}

// titleKey returns the sort key of a title: signs before digits before letters, then by
// accents, then lower case before upper case.
func titleKey(title string) string {
	var letters, accents, cases strings.Builder
	for _, r := range title {
		switch {
		case unicode.IsLetter(r):
			letters.WriteByte(3)
		case unicode.IsNumber(r):
			letters.WriteByte(2)
		default:
			letters.WriteByte(1)
		}
		letters.WriteRune(plain(r))
		accents.WriteRune(max(decomposed[r][1], 1))
		if unicode.IsUpper(r) {
			cases.WriteByte(2)
		} else {
			cases.WriteByte(1)
		}
	}
	return letters.String() + "\x00" + accents.String() + "\x00" + cases.String()
}
