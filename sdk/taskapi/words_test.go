package taskapi

import (
	"strings"
	"testing"
)

func TestSearchWords_IgnoreCaseAccentsAndPunctuation(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", maxWord)
	for text, want := range map[string]string{
		"":                                  "",
		"Water the PLANTS":                  "water|the|plants",
		"it's 3.5 e-mails: a_b@example.com": "it|s|3|5|e|mails|a|b|example|com",
		"l'eau l’œil п\u02bcять":            "l|eau|l|oeil|п|ять",
		"e\u0301te\u0301 Zoe\u0308":         "ete|zoe",
		"Đa\u0300 Ło\u0301dz\u0301 SMØRREBRØD Œuvre Þo\u0301rður": "da|lodz|smorrebrod|oeuvre|thordur",
		"ß ẞ ſ İ I ı i":                       "ss|ss|s|i|i|i|i",
		"Ο\u0313ΔΟ\u0301Σ ο\u0314δο\u0301ς ᾳ": "οδοσ|οδοσ|ᾳ",
		"soft\u00adhyphen zero\u200bwidth":    "softhyphen|zero|width",
		"東京タワー abc":                           "東|京|タ|ワ|ー|abc",
		"か\u3099か":                            "\u3099か|か",
		"हिंदी की":                            "हिंदी|की",
		"กิน":                                 "กิ|น",
		"كِتَاب كـتاب":                        "كتاب|كتاب",
		"🎉 party🎉🎈":                           "🎉|party|🎉|🎈",
		"👩\u200d👩\u200d👧 👍🏽 ❤\ufe0f":          "👩👩👧|👍|❤",
		"🇩🇪🇫🇷🇩":                               "🇩🇪|🇫🇷|🇩",
		"1\ufe0f\u20e3 \u0301 x":              "1|x",
		"!!! + <-> ' \u0301\u200d":            "",
		long + "b " + long + "c":              long + "|" + long,
	} {
		if got := strings.Join(SearchWords(text), "|"); got != want {
			t.Errorf("SearchWords(%q) = %q, want %q", text, got, want)
		}
	}
}
