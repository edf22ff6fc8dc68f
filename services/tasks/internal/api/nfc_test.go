package api

import (
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestNFC_AllowsAnyNumberOfMarks(t *testing.T) {
	t.Parallel()
	repeat := strings.Repeat
	for name, tc := range map[string]struct{ text, want string }{
		"no mark":                        {"plain", "plain"},
		"one mark":                       {"e\u0301", "é"},
		"31 marks":                       {"a" + repeat("\u0301", 31), "á" + repeat("\u0301", 30)},
		"20,000 marks":                   {"a" + repeat("\u0301", 20_000), "á" + repeat("\u0301", 19_999)},
		"a mark after others":            {"a" + repeat("\u0316", 40) + "\u0301\u0301", "á" + repeat("\u0316", 40) + "\u0301"},
		"unordered marks":                {"a" + repeat("\u0301\u0316", 40), "á" + repeat("\u0316", 40) + repeat("\u0301", 39)},
		"two marks that join":            {"a" + repeat("\u0316", 40) + "\u0302\u0301", "ấ" + repeat("\u0316", 40)},
		"a composed letter":              {"ấ" + repeat("\u0316", 40), "ấ" + repeat("\u0316", 40)},
		"a letter that does not compose": {"क\u093c" + repeat("\u0301", 40), "क\u093c" + repeat("\u0301", 40)},
		"marks without a letter":         {repeat("\u0301\u0316", 20), repeat("\u0316", 20) + repeat("\u0301", 20)},
		"Hangul":                         {"\u1112\u1161\u11ab" + repeat("\u0301", 40), "한" + repeat("\u0301", 40)},
		"a syllable and its last letter": {"하\u11ab" + repeat("\u0301", 40), "한" + repeat("\u0301", 40)},
		"a joiner in the input":          {"a\u034f" + repeat("\u0301", 31), "a\u034f" + repeat("\u0301", 31)},
		"a letter after the marks":       {"a" + repeat("\u0316", 40) + "e\u0301", "a" + repeat("\u0316", 40) + "é"},
	} {
		if got := nfc(tc.text); got != tc.want {
			t.Errorf("%s: nfc(%+q) = %+q, want %+q", name, tc.text, got, tc.want)
		}
		if again := nfc(tc.want); again != tc.want {
			t.Errorf("%s: nfc(%+q) = %+q, want it unchanged", name, tc.want, again)
		}
	}
}

// TestNFC_ComposesAsNorm tests sequences that package norm composes, followed by
// marks that package norm alone would split.
func TestNFC_ComposesAsNorm(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []rune("aeo\u0301\u0302\u0308\u0316\u0323\u0345\u05bc\u3099かは하\u1161\u11ab\u1112\u0915\u093cǖấ\u09c7\u09be")
	for range 5000 {
		var text []rune
		for range 1 + random.IntN(8) {
			text = append(text, pieces[random.IntN(len(pieces))])
		}
		// The letter x starts a new segment and composes with nothing.
		got, _ := strings.CutSuffix(nfc(string(text)+"x"+strings.Repeat("\u0316", 40)), "x"+strings.Repeat("\u0316", 40))
		if want := norm.NFC.String(string(text)); got != want {
			t.Fatalf("%+q: got %+q, want %+q", string(text), got, want)
		}
	}
}
