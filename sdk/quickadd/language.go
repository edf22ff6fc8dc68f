package quickadd

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

//go:embed languages/*.json
var files embed.FS

// language is one file of languages. Weekdays are numbered from 1 (Monday), units from
// 0: minute, hour, day, week, month, year.
type language struct {
	Numbers          map[string]int
	Units            map[string]int
	Weekdays         map[string]int
	WeakWeekdays     map[string]int // weekdays that are also other words
	Capitals         []string       // weekdays that count only with a capital letter
	Weekly           map[string]int // words for every Monday and so on
	Months           map[string]int
	WeakMonths       map[string]int
	Parts            map[string]int // parts of a day, and when they begin in minutes
	Halves           map[string]int // words for a.m. and p.m.: 0 or 720 minutes
	Ordinals         map[string]int
	OrdinalEndings   []string
	Dots             bool // whether dates are written 31.12. and not 12/31
	Prepositions     []string
	WeakPrepositions []string // prepositions that do not raise a date's level
	NotAfter         []string // words that are never followed by a date
	WeakNotAfter     []string // words after which an ambiguous word is not a date
	Priorities       map[string]taskapi.Priority
	Patterns         []string

	patterns []pattern
}

// pattern is a parsed line such as "2 in NUMBER UNIT = in": a level, words and classes,
// and the meaning.
type pattern struct {
	level      int  // as in [group]
	isAdverb   bool // ~: in lower case, except at the start of the text
	needsLower bool // ^: no capital follows, as in "am 1. Advent"
	items      []item
	action     string
	values     []int
}

type item struct {
	class    string // or empty
	words    []string
	optional bool
}

// languages has the languages by name.
var languages = sync.OnceValue(func() map[string]*language {
	all := make(map[string]*language)
	entries, err := files.ReadDir("languages")
	if err != nil {
		panic(err)
	}
	for _, entry := range entries {
		text, err := files.ReadFile("languages/" + entry.Name())
		if err != nil {
			panic(err)
		}
		l := new(language)
		if err := json.Unmarshal(text, l); err != nil {
			panic(fmt.Sprintf("quickadd: %s: %v", entry.Name(), err))
		}
		for _, line := range l.Patterns {
			l.patterns = append(l.patterns, compile(line))
		}
		all[strings.TrimSuffix(entry.Name(), ".json")] = l
	}
	return all
})

var className = regexp.MustCompile(`^[A-Z]+$`)

func compile(line string) pattern {
	left, right, _ := strings.Cut(line, " = ")
	words, meaning := strings.Split(left, " "), strings.Split(right, " ")
	p := pattern{
		level:    int(words[0][0] - '0'),
		isAdverb: strings.HasSuffix(words[0], "~"), needsLower: strings.HasSuffix(words[0], "^"),
		action: meaning[0],
	}
	for _, word := range words[1:] {
		name, optional := strings.CutSuffix(word, "?")
		if className.MatchString(name) {
			p.items = append(p.items, item{class: name, optional: optional})
		} else {
			p.items = append(p.items, item{words: strings.Split(strings.ToLower(name), "|"), optional: optional})
		}
	}
	for _, value := range meaning[1:] {
		n, err := strconv.Atoi(value)
		if err != nil {
			panic(fmt.Sprintf("quickadd: pattern %q: %v", line, err))
		}
		p.values = append(p.values, n)
	}
	return p
}
