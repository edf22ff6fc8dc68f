package quickadd_test

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tasklane/tasklane/sdk/quickadd"
)

var write = flag.String("write", "", "writes random texts and their tasks to this `file`, for the TypeScript client's tests")

// samples are texts for the classes of the patterns, and texts that only look like them.
const samples = `3 15 31 15. 3rd 22nd 9am 5:30pm 14:30 25:00 17.30 9-10:30 10-11am 22-24 31.7. 31.7 29.2. 3.4.2027 12/20 3/4 13/13 24/7
	2026-12-01 2026-02-30 2027 30min 3d #home #42 p1 P1 !high !hoch +Errands +errands, +Home +Improvements "quoted end" (by friday)
	@5pm @ a.m. tomorrow, friday. Sat, : - & Call Anna milk Schiff Über`

// words returns all words of the languages, and the samples.
func words(t *testing.T) []string {
	t.Helper()
	all := strings.Fields(samples)
	paths, err := filepath.Glob("languages/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// Words are in quotes or in patterns.
		for _, quoted := range regexp.MustCompile(`"[^"]+"`).FindAllString(string(text), -1) {
			pattern, _, _ := strings.Cut(strings.Trim(quoted, `"`), " = ")
			for word := range strings.FieldsFuncSeq(pattern, func(r rune) bool { return strings.ContainsRune(" |?", r) }) {
				all = append(all, word)
			}
		}
	}
	return all
}

// TestParse_RandomTexts parses random sequences of the languages' words, and checks
// that every text has a title, and a rule only if rules are enabled.
func TestParse_RandomTexts(t *testing.T) {
	t.Parallel()
	all, _ := table(t)
	vocabulary := words(t)
	seed := uint64(time.Now().UnixNano())
	source := rand.New(rand.NewPCG(seed, 0))
	type parsed struct {
		Text      string        `json:"text"`
		Now       string        `json:"now"`
		Languages []string      `json:"languages"`
		Recurring bool          `json:"recurring"`
		DayFirst  bool          `json:"dayFirst"`
		Task      quickadd.Task `json:"task"`
	}
	texts := make([]parsed, 5000)
	dated := 0
	for i := range texts {
		var chosen []string
		for range 1 + source.IntN(7) {
			word := vocabulary[source.IntN(len(vocabulary))]
			if first, size := utf8.DecodeRuneInString(word); source.IntN(10) == 0 {
				word = string(unicode.ToUpper(first)) + word[size:]
			}
			chosen = append(chosen, word)
		}
		// No clock change skips these hours, because the TypeScript client reads them in its own zone.
		now := time.Date(2024, 1, 1, 4+source.IntN(20), source.IntN(60), 0, 0, time.UTC).AddDate(0, 0, source.IntN(1500))
		languages := []string{"en", "de"}
		if source.IntN(2) == 0 {
			slices.Reverse(languages)
		}
		r := parsed{
			Text: strings.Join(chosen, " "), Now: now.Format("2006-01-02T15:04"), Languages: languages,
			Recurring: source.IntN(2) == 0, DayFirst: source.IntN(2) == 0,
		}
		r.Task = quickadd.Parse(r.Text, quickadd.Options{
			Now: now, Languages: languages, Lists: all.Lists, Recurring: r.Recurring, DayFirst: r.DayFirst,
		})
		if r.Task.Title == "" || !r.Recurring && r.Task.Rule != "" {
			t.Errorf("seed %d: Parse(%q) = %+v", seed, r.Text, r.Task)
		}
		if r.Task.Date != "" {
			dated++
		}
		texts[i] = r
	}
	if dated < len(texts)/10 {
		t.Errorf("seed %d: only %d texts have a date", seed, dated)
	}
	if *write != "" {
		text, err := json.Marshal(struct {
			Seed  uint64   `json:"seed,string"`
			Texts []parsed `json:"texts"`
		}{seed, texts})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(*write, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
