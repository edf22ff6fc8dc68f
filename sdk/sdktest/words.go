package sdktest

import (
	"strings"
	"unicode"
)

// accents are the Latin letters with an accent, each behind the letter without
// it, by the accent that Unicode writes behind a letter.
var accents = map[rune]string{
	'\u0300': "AÀEÈIÌOÒUÙaàeèiìoòuù",
	'\u0301': "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzź",
	'\u0302': "AÂEÊIÎOÔUÛaâeêiîoôuûCĈcĉGĜgĝHĤhĥJĴjĵSŜsŝWŴwŵYŶyŷ",
	'\u0303': "AÃNÑOÕaãnñoõIĨiĩUŨuũ",
	'\u0304': "AĀaāEĒeēIĪiīOŌoōUŪuū",
	'\u0306': "AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭ",
	'\u0307': "CĊcċEĖeėGĠgġIİZŻzż",
	'\u0308': "AÄEËIÏOÖUÜaäeëiïoöuüyÿYŸ",
	'\u030a': "AÅaåUŮuů",
	'\u030b': "OŐoőUŰuű",
	'\u030c': "CČcčDĎdďEĚeěLĽlľNŇnňRŘrřSŠsšTŤtťZŽzž",
	'\u0327': "CÇcçGĢgģKĶkķLĻlļNŅnņRŖrŗSŞsşTŢtţ",
	'\u0328': "AĄaąEĘeęIĮiįUŲuų",
}

// composed and apart lead from a letter and its accent to the letter with it,
// and back.
var composed, apart = func() (map[[2]rune]rune, map[rune][2]rune) {
	composed, apart := make(map[[2]rune]rune), make(map[rune][2]rune)
	for accent, letters := range accents {
		runes := []rune(letters)
		for i := 0; i < len(runes); i += 2 {
			pair := [2]rune{runes[i], accent}
			composed[pair], apart[runes[i+1]] = runes[i+1], pair
		}
	}
	return composed, apart
}()

// compose returns a text in Unicode's composed form (NFC), as far as accents
// knows it.
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

// plain returns a letter as words are compared: without case and accent.
func plain(r rune) rune {
	if pair, ok := apart[r]; ok {
		r = pair[0]
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// words returns the words of a text in order, without case and accents. Where
// a script writes words without spaces, each character is a word.
func words(text string) []string {
	var (
		all  []string
		word strings.Builder
	)
	end := func() {
		if word.Len() > 0 {
			all = append(all, word.String())
			word.Reset()
		}
	}
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			end()
			all = append(all, string(r))
		case unicode.Is(unicode.Mn, r):
			// An accent of its own.
		case r == 'ß' || r == 'ẞ':
			word.WriteString("ss")
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.Is(unicode.Mc, r):
			word.WriteRune(plain(r))
		default:
			end()
		}
	}
	end()
	return all
}

// titleKey returns a text by which titles are sorted: signs before digits
// before letters, then by accents, then small letters before capital ones.
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
		accents.WriteRune(max(apart[r][1], 1))
		if unicode.IsUpper(r) {
			cases.WriteByte(2)
		} else {
			cases.WriteByte(1)
		}
	}
	return letters.String() + "\x00" + accents.String() + "\x00" + cases.String()
}
