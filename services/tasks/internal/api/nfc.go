package api

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// nfc returns a text in Unicode's composed form (NFC, UAX #15). Package norm inserts
// U+034F after 30 marks in a row (the stream-safe process), which NFC does not; such
// texts are composed here.
func nfc(text string) string {
	const joiner = "\u034f"
	composed := norm.NFC.String(text)
	if strings.Count(composed, joiner) == strings.Count(text, joiner) {
		return composed
	}
	var runes []rune
	for _, r := range text {
		runes = append(runes, []rune(norm.NFD.String(string(r)))...)
	}
	for start := range runes {
		if end := start + 1; class(runes[start]) != 0 && (start == 0 || class(runes[start-1]) == 0) {
			for end < len(runes) && class(runes[end]) != 0 {
				end++
			}
			slices.SortStableFunc(runes[start:end], func(a, b rune) int { return cmp.Compare(class(a), class(b)) })
		}
	}
	// Each character joins the last starter unless one between them blocks it.
	out, starter, last := runes[:0], -1, 0
	for _, r := range runes {
		current := class(r)
		if starter >= 0 && (starter == len(out)-1 || last < current) {
			if joined := []rune(norm.NFC.String(string([]rune{out[starter], r}))); len(joined) == 1 {
				out[starter] = joined[0]
				continue
			}
		}
		if current == 0 {
			starter = len(out)
		}
		out, last = append(out, r), current
	}
	return string(out)
}

// class returns a character's canonical combining class: 0 for starters.
func class(r rune) int {
	return int(norm.NFD.PropertiesString(string(r)).CCC())
}
