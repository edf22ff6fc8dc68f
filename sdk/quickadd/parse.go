package quickadd

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tasklane/tasklane/sdk/recurrence"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Options are the options of [Parse].
type Options struct {
	// Now is the current time, in the user's time zone.
	Now time.Time
	// Languages are the languages to try, the user's own first. Nil means en, de.
	Languages []string
	// Lists are the names of the user's lists: +Errands means a list only if there is one.
	Lists []string
	// Recurring says whether "every monday" is a rule. Otherwise it stays in the title.
	Recurring bool
	// DayFirst says whether 3/4 is 3 April, and not 4 March.
	DayFirst bool
}

// Task is the task that a line of text describes. Fields that it does not mention are
// empty.
type Task struct {
	// Title is the rest of the text, or all of it if the rest is empty.
	Title string
	// Date is the day on which it is due, such as 2026-11-28.
	Date string
	// Time is the time of day at which it is due, such as 09:00.
	Time string
	// Rule says how it recurs, for [recurrence.Parse].
	Rule     string
	Tags     []string
	Priority taskapi.Priority
	List     string
}

// textRange is a recognized range of the text, in bytes.
type textRange struct{ start, end int }

// group is a group of words that belong together: "friday at 5pm".
type group struct {
	meaning  meaning
	from, to int
	level    int // 3: counts anywhere; 2: where a title begins or ends; 1: where it ends
}

// Parse reads a line of text as a task.
func Parse(text string, options Options) Task {
	names := options.Languages
	if names == nil {
		names = []string{"en", "de"}
	}
	var known []*language
	for _, name := range names {
		if l := languages()[name]; l != nil {
			known = append(known, l)
		}
	}
	now := options.Now
	r := reader{
		text: text, known: known, options: options,
		now: time.Date(now.Year(), now.Month(), now.Day(), now.Hour(), now.Minute(), 0, 0, time.UTC),
	}
	r.readSigns(tokensOf(text))

	var best []group
	for i, l := range known {
		if groups := r.groups(l, i > 0); weight(groups) > weight(best) {
			best = groups
		}
	}
	var when meaning
	for _, g := range best {
		when.add(g.meaning)
		r.recognized = append(r.recognized, r.rangesOf(g)...)
	}
	slices.SortFunc(r.recognized, func(a, b textRange) int { return cmp.Compare(a.start, b.start) })
	r.task.Title = titleOf(text, r.recognized)
	r.setDue(when)
	return r.task
}

// reader reads one text.
type reader struct {
	text       string
	known      []*language
	options    Options
	now        time.Time // the local time, as if in UTC
	tokens     []token   // without signs, such as #tag
	recognized []textRange
	task       Task
}

// rangesOf returns the ranges of a group, which the signs inside it separate.
func (r *reader) rangesOf(g group) []textRange {
	var ranges []textRange
	for i, t := range r.tokens[g.from:g.to] {
		if i == 0 || t.afterSign {
			ranges = append(ranges, textRange{t.start, t.end})
		}
		ranges[len(ranges)-1].end = t.end
	}
	return ranges
}

// add adds another meaning to this one.
func (m *meaning) add(other meaning) {
	m.date, m.time, m.rule = cmp.Or(other.date, m.date), cmp.Or(other.time, m.time), cmp.Or(other.rule, m.rule)
	m.isPart, m.isWeekday, m.isRange = other.isPart, other.isWeekday, other.isRange
}

func weight(groups []group) int {
	sum := 0
	for _, g := range groups {
		sum += g.to - g.from
	}
	return sum
}

var (
	// Vowels and accents may be marks (M), and Persian words have joiners inside.
	tagPattern = regexp.MustCompile(`^#[\p{L}\p{M}\p{N}\x{200C}\x{200D}_/-]*\p{L}[\p{L}\p{M}\p{N}\x{200C}\x{200D}_/-]*$`)

	priorities = map[string]taskapi.Priority{
		"p1": taskapi.Urgent, "p2": taskapi.High, "p3": taskapi.Medium, "p4": taskapi.Low,
		"!urgent": taskapi.Urgent, "!high": taskapi.High, "!medium": taskapi.Medium, "!low": taskapi.Low,
	}
)

// readSigns reads #tag, +List, p1 and !high, and stores the other tokens.
func (r *reader) readSigns(tokens []token) {
	end, afterSign := 0, false
	for i, t := range tokens {
		if !t.isLiteral {
			if t.start < end {
				continue // part of the list's name
			}
			if signEnd := r.readSign(t, i == len(tokens)-1); signEnd > 0 {
				r.recognized = append(r.recognized, textRange{t.start, signEnd})
				end, afterSign = signEnd, true
				continue
			}
		}
		t.afterSign, afterSign = afterSign, false
		r.tokens = append(r.tokens, t)
	}
}

// readSign returns the end of a sign, or 0 if the token does not begin one.
func (r *reader) readSign(t token, isLast bool) int {
	text := r.text[t.start:t.end]
	if tagPattern.MatchString(text) {
		r.task.Tags = append(r.task.Tags, text[1:])
		return t.end
	}
	if name, ok := strings.CutPrefix(text, "+"); ok && name != "" {
		if list := r.list(r.text[t.start+1:]); list != "" {
			r.task.List = list
			return t.start + 1 + len(list)
		}
	}
	priority := priorities[t.word]
	if name, ok := strings.CutPrefix(t.word, "!"); ok {
		for _, l := range r.known {
			priority = cmp.Or(priority, l.Priorities[name])
		}
	}
	// P1 occurs in names, so only p1 is a sign.
	if priority == "" || text != t.word && t.word[0] == 'p' && !isLast {
		return 0
	}
	r.task.Priority = priority
	return t.end
}

// list returns the longest name of a list that a text begins with.
func (r *reader) list(text string) string {
	longest := ""
	for _, name := range r.options.Lists {
		if len(name) <= len(longest) || len(name) > len(text) || !strings.EqualFold(text[:len(name)], name) {
			continue
		}
		if next, _ := utf8.DecodeRuneInString(text[len(name):]); !unicode.In(next, unicode.L, unicode.M, unicode.N) {
			longest = name
		}
	}
	return longest
}

// groups returns the groups in one language: at most one date, one time and one rule.
func (r *reader) groups(l *language, isForeign bool) []group {
	var all []group
	for i := 0; i < len(r.tokens); {
		if g, ok := r.groupAt(l, i); ok {
			all = append(all, g)
			i = g.to
		} else {
			i++
		}
	}
	isLast := func(g group) bool { return g.to == len(r.tokens) }
	all = slices.DeleteFunc(all, func(g group) bool {
		counts := g.level >= 3 || g.level >= 2 && g.from == 0 || g.level >= 1 && isLast(g)
		return !counts || isForeign && g.level < 2
	})
	slices.SortStableFunc(all, func(a, b group) int {
		if isLast(a) != isLast(b) {
			if isLast(a) {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.level, a.level), cmp.Compare(a.from, b.from))
	})
	var chosen []group
	for _, g := range all {
		if !slices.ContainsFunc(chosen, func(other group) bool { return g.meaning.clashes(other.meaning) }) {
			chosen = append(chosen, g)
		}
	}
	return chosen
}

// clashes reports whether both have a date, a time or a rule.
func (m meaning) clashes(other meaning) bool {
	return m.date != nil && other.date != nil || m.time != nil && other.time != nil || m.rule != "" && other.rule != ""
}

// groupAt returns the longest group that begins at a token.
func (r *reader) groupAt(l *language, index int) (group, bool) {
	var when meaning
	to, level, hasPreposition, isTimed := index, 0, false, false
	for to < len(r.tokens) {
		found, ok := r.matchAt(l, to, when)
		if !ok || when.isRange || found.meaning.isRange && to > index {
			break
		}
		isTimed = isTimed || found.meaning.time != nil && !found.meaning.isPart
		hasDay := when.hasDay() || found.meaning.hasDay()
		if level = max(level, found.level); isTimed && hasDay && to > index {
			level = 3 // a day with a time is unambiguous
		}
		hasPreposition = hasPreposition || found.hasPreposition
		when.add(found.meaning)
		to = found.next
	}
	if to == index || when.isPart && !when.hasDay() {
		return group{}, false
	}
	previous, afterName := "", false
	if index > 0 && !r.tokens[index-1].isLiteral {
		afterName = r.tokens[index-1].isCapital
		if !r.tokens[index-1].isStop {
			previous = r.tokens[index-1].word
		}
	}
	if slices.Contains(l.NotAfter, previous) {
		return group{}, false
	}
	if hasPreposition && !when.isRange {
		level = min(level+1, 3)
	}
	// "The sun" and "Henry the 8th" are not dates.
	if level == 1 && (slices.Contains(l.WeakNotAfter, previous) || r.tokens[index].word == "the" && afterName) {
		return group{}, false
	}
	return group{meaning: when, from: index, to: to, level: level}, true
}

func (m meaning) hasDay() bool { return m.date != nil || m.rule != "" }

// match is a pattern found in the text.
type match struct {
	meaning        meaning
	next           int
	level          int
	hasPreposition bool
}

// matchAt returns the longest match at a token, possibly after prepositions, that adds
// to the meaning.
func (r *reader) matchAt(l *language, index int, when meaning) (match, bool) {
	var best match
	hasPreposition := false
	for from := index; ; from++ {
		for _, p := range l.patterns {
			values, next, ok := l.matchItems(p.items, r.tokens, from, r.options.DayFirst)
			if !ok || next <= max(best.next, from) {
				continue
			}
			found, ok := meaningOf(p.action, slices.Concat(p.values, values), r.now)
			if !ok || found.rule != "" && !r.options.Recurring {
				continue
			}
			if found.date != nil && when.date != nil {
				// A weekday is recognized beside its own date; beside another date, it stays in the
				// title.
				if when.isWeekday == found.isWeekday || when.date.Weekday() != found.date.Weekday() {
					continue
				}
				if found.isWeekday {
					found = meaning{date: when.date}
				}
			}
			if found.time != nil && when.time != nil || found.rule != "" && when.rule != "" {
				continue
			}
			if p.needsLower && next < len(r.tokens) && r.tokens[next].isCapital {
				continue
			}
			level := p.level
			if p.isAdverb && r.tokens[from].isCapital && from > 0 {
				level--
			}
			best = match{meaning: found, next: next, level: level, hasPreposition: hasPreposition}
		}
		if from == len(r.tokens) || from-index == 3 {
			return best, best.next > 0
		}
		word := r.tokens[from].word
		switch {
		case slices.Contains(l.Prepositions, word):
			hasPreposition = true
		case !slices.Contains(l.WeakPrepositions, word):
			return best, best.next > 0
		}
	}
}

// matchItems returns the numbers of a pattern's classes, and the index of the next
// token.
func (l *language) matchItems(items []item, tokens []token, index int, dayFirst bool) ([]int, int, bool) {
	if len(items) == 0 {
		return nil, index, true
	}
	values, next, ok := l.matchItem(items[0], tokens, index, dayFirst)
	if ok {
		if following, end, ok := l.matchItems(items[1:], tokens, next, dayFirst); ok {
			return slices.Concat(values, following), end, true
		}
	}
	if items[0].optional {
		return l.matchItems(items[1:], tokens, index, dayFirst)
	}
	return nil, 0, false
}

func (l *language) matchItem(i item, tokens []token, index int, dayFirst bool) ([]int, int, bool) {
	if i.class != "" {
		return l.readClass(i.class, tokens, index, dayFirst)
	}
	if index >= len(tokens) || tokens[index].isLiteral {
		return nil, 0, false
	}
	word := tokens[index].word
	return nil, index + 1, slices.Contains(i.words, word) || slices.Contains(i.words, bare(word))
}

var (
	interval      = regexp.MustCompile(`;INTERVAL=\d+`)
	emptyBrackets = regexp.MustCompile(`\(\s*\)|\[\s*\]`)
	spaces        = regexp.MustCompile(`\s+`)
	spacedStop    = regexp.MustCompile(` ([,;:!?])`)
	trailing      = regexp.MustCompile(`[\s,;:–-]+$`)
	leading       = regexp.MustCompile(`^[\s,;:–-]+`)
	onlyStops     = regexp.MustCompile(`^[\s.,;:!?]*$`)
)

// titleOf returns the text without the recognized ranges.
func titleOf(text string, recognized []textRange) string {
	title, end := "", 0
	for _, r := range recognized {
		title += text[end:r.start]
		end = r.end
	}
	// Punctuation at the end belongs to the last range.
	if rest := text[end:]; len(recognized) == 0 || !onlyStops.MatchString(rest) {
		title += rest
	}
	if len(recognized) > 0 {
		title = emptyBrackets.ReplaceAllString(title, "")
		title = spaces.ReplaceAllString(title, " ")
		title = spacedStop.ReplaceAllString(title, "$1")
		title = trailing.ReplaceAllString(title, "")
		if recognized[0].start == 0 {
			title = leading.ReplaceAllString(title, "")
		}
	}
	return cmp.Or(strings.TrimSpace(title), strings.TrimSpace(text))
}

// setDue sets the due date: with only a time, the next such time; with a rule, its
// first occurrence.
func (r *reader) setDue(when meaning) {
	if when.date == nil && when.time == nil && when.rule == "" {
		return
	}
	due := r.now.Truncate(day)
	if when.date != nil {
		due = *when.date
	}
	if when.time != nil {
		due = due.Add(time.Duration(*when.time) * time.Minute)
		if when.date == nil && !due.After(r.now) {
			due = due.AddDate(0, 0, 1)
		}
	}
	if when.rule != "" {
		r.task.Rule = when.rule
		// The interval begins with the first occurrence.
		rule, err := recurrence.Parse(interval.ReplaceAllString(when.rule, ""))
		if err != nil {
			panic("quickadd: " + err.Error())
		}
		if first, ok := rule.Next(due, due.Add(-1)); ok {
			due = first
		}
	}
	r.task.Date = due.Format(time.DateOnly)
	if when.time != nil {
		r.task.Time = due.Format("15:04")
	}
}
