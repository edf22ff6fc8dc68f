package quickadd

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word of the text. A literal one stays in the title.
type token struct {
	start, end int
	word       string // in lower case, without punctuation around it
	isCapital  bool
	isStop     bool // a comma or similar follows
	isLiteral  bool
	afterSign  bool // a sign such as #tag precedes it
}

var (
	nonSpace      = regexp.MustCompile(`[^\s]+`)
	openQuote     = regexp.MustCompile(`^["„“]`)
	closeQuote    = regexp.MustCompile(`["“”][.,;:!?]*$`)
	leadingMarks  = regexp.MustCompile(`^[(\[]*`)
	atDigit       = regexp.MustCompile(`^@\d`)
	trailingMarks = regexp.MustCompile(`[,;:!?)\]]*$`)
	fullStop      = regexp.MustCompile(`\.+$`)

	counted        = regexp.MustCompile(`^([1-9]\d{0,2})(\D+)$`)
	smallNumber    = regexp.MustCompile(`^[1-9]\d{0,2}$`)
	minute         = regexp.MustCompile(`^[0-5]\d\.?$`)
	oneOrTwoDigits = regexp.MustCompile(`^\d{1,2}$`)
	ordinal        = regexp.MustCompile(`^(\d{1,2})(\D+)$`)
	yearNumber     = regexp.MustCompile(`^20\d\d\.?$`)
	dotted         = regexp.MustCompile(`^(\d{1,2})\.(\d\d)$`)
	span           = regexp.MustCompile(`^(\d{1,2})[-–](\d{1,2})$`)
	clock          = regexp.MustCompile(`^(\d{1,2})(?:[:.](\d\d))?(am|pm)?(?:[-–](\d{1,2})(?::(\d\d))?(am|pm)?)?$`)
	isoDate        = regexp.MustCompile(`^(\d{4})-(\d\d)-(\d\d)\.?$`)
	dottedDate     = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{4}|\d\d)?\.?$`)
	looseDate      = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})$`)
	slashDate      = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d\d))?$`)
)

// tokensOf splits a text at spaces. Quoted text is literal.
func tokensOf(text string) []token {
	var tokens []token
	quoted := false
	for _, bounds := range nonSpace.FindAllStringIndex(text, -1) {
		raw := text[bounds[0]:bounds[1]]
		opens := openQuote.MatchString(raw)
		isLiteral := quoted || opens
		if opens {
			quoted = true
		}
		if closeQuote.MatchString(raw) && utf8.RuneCountInString(raw) > 1 {
			quoted = false
		}
		if isLiteral {
			tokens = append(tokens, token{isLiteral: true})
			continue
		}
		skipped := len(leadingMarks.FindString(raw))
		if atDigit.MatchString(raw[skipped:]) {
			skipped++
		}
		rest := trailingMarks.FindString(raw[skipped:])
		word := raw[skipped : len(raw)-len(rest)]
		first, _ := utf8.DecodeRuneInString(word)
		start := bounds[0] + skipped
		tokens = append(tokens, token{
			start: start, end: start + len(word), word: strings.ToLower(word),
			isCapital: unicode.IsUpper(first), isStop: rest != "",
		})
	}
	return tokens
}

// bare returns a word without the full stop at its end.
func bare(word string) string { return fullStop.ReplaceAllString(word, "") }

func lookUp(words map[string]int, word string) (int, bool) {
	value, ok := words[bare(word)]
	return value, ok
}

// readClass reads a class of words, such as WEEKDAY, at an index. It returns the
// numbers and the index of the next token.
func (l *language) readClass(name string, tokens []token, index int, dayFirst bool) ([]int, int, bool) {
	if name == "WEEKDAYS" {
		return l.readWeekdays(tokens, index)
	}
	if index >= len(tokens) || tokens[index].isLiteral {
		return nil, 0, false
	}
	word := tokens[index].word
	if name == "WEAKDAY" && slices.Contains(l.Capitals, word) && !tokens[index].isCapital {
		return nil, 0, false
	}
	var values []int
	switch name {
	case "DATE", "LOOSE", "SLASH", "FRACTION":
		values = l.dateOf(name, word, dayFirst)
	case "COUNTED":
		if match := counted.FindStringSubmatch(word); match != nil {
			if unit, ok := lookUp(l.Units, match[2]); ok {
				values = []int{number(match[1]), unit}
			}
		}
	default:
		if value, ok := l.valueOf(name, word); ok {
			values = []int{value}
		}
	}
	return values, index + 1, values != nil
}

// valueOf returns the number of a word of a class.
func (l *language) valueOf(name, word string) (int, bool) {
	within := func(value, low, high int) (int, bool) { return value, value >= low && value <= high }
	either := func(words, others map[string]int) (int, bool) {
		if value, ok := lookUp(words, word); ok {
			return value, true
		}
		return lookUp(others, word)
	}
	switch name {
	case "NUMBER":
		if smallNumber.MatchString(word) {
			return number(word), true
		}
		return lookUp(l.Numbers, word)
	case "UNIT":
		return lookUp(l.Units, word)
	case "WEEKDAY":
		return lookUp(l.Weekdays, word)
	case "WEAKDAY":
		return lookUp(l.WeakWeekdays, word)
	case "DAYNAME":
		return either(l.Weekdays, l.WeakWeekdays)
	case "WEEKLY":
		return lookUp(l.Weekly, word)
	case "MONTH":
		return lookUp(l.Months, word)
	case "WEAKMONTH":
		return lookUp(l.WeakMonths, word)
	case "MONTHNAME":
		return either(l.Months, l.WeakMonths)
	case "DAY":
		if oneOrTwoDigits.MatchString(word) {
			return within(number(word), 1, 31)
		}
		return l.ordinalOf(word)
	case "DAYTH":
		return l.ordinalOf(word)
	case "ORD":
		if value, ok := lookUp(l.Ordinals, word); ok {
			return value, true
		}
		value, _ := l.ordinalOf(word)
		return within(value, 1, 5)
	case "YEAR":
		return number(bare(word)), yearNumber.MatchString(word)
	case "HOUR":
		if oneOrTwoDigits.MatchString(word) {
			return within(number(word), 0, 23)
		}
		value, _ := lookUp(l.Numbers, word)
		return within(value, 1, 12)
	case "MINUTE":
		return number(bare(word)), minute.MatchString(word)
	case "TIME":
		return timeOf(bare(word))
	case "DOTTED":
		match := dotted.FindStringSubmatch(word)
		if match == nil {
			return 0, false
		}
		return minutesOf(number(match[1]), number(match[2]))
	case "SPAN":
		match := span.FindStringSubmatch(word)
		if match == nil {
			return 0, false
		}
		_, ok := within(number(match[2]), number(match[1])+1, 24)
		return number(match[1]), ok
	case "PART":
		return lookUp(l.Parts, word)
	case "HALF":
		return lookUp(l.Halves, word)
	}
	panic("quickadd: a pattern has the unknown class " + name)
}

// number returns the value of digits.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// ordinalOf reads 3rd or 3.
func (l *language) ordinalOf(word string) (int, bool) {
	match := ordinal.FindStringSubmatch(word)
	if match == nil || !slices.Contains(l.OrdinalEndings, match[2]) {
		return 0, false
	}
	day := number(match[1])
	return day, day >= 1 && day <= 31
}

func minutesOf(hour, minute int) (int, bool) {
	return 60*hour + minute, hour <= 23 && minute <= 59
}

// timeOf reads 17:00, 5pm, 5:30pm, or the beginning of 5-6pm, in minutes.
func timeOf(word string) (int, bool) {
	match := clock.FindStringSubmatch(word)
	if match == nil {
		return 0, false
	}
	hour, minute, half, untilHour, untilMinute, untilHalf := match[1], match[2], match[3], match[4], match[5], match[6]
	minutes, ok := minutesOf(number(hour), number(minute))
	if _, valid := minutesOf(number(untilHour), number(untilMinute)); !ok || !valid {
		return 0, false
	}
	if half == "" {
		half = untilHalf
		if half == "pm" && number(hour)%12 > number(untilHour)%12 {
			half = "am" // 11-1pm begins in the morning
		}
	}
	switch half {
	case "am":
		return halfOfDay(minutes, 0)
	case "pm":
		return halfOfDay(minutes, 720)
	}
	return minutes, strings.Contains(word, ":")
}

// halfOfDay converts minutes on a 12-hour clock, in the half of the day that begins at
// minute 0 or 720.
func halfOfDay(minutes, half int) (int, bool) {
	return minutes%720 + half, minutes >= 60 && minutes < 780
}

// dateOf reads a numeric date: year, month and day. The year is 0 if it is missing.
func (l *language) dateOf(name, word string, dayFirst bool) []int {
	if match := isoDate.FindStringSubmatch(word); match != nil {
		return validDate(name == "DATE", number(match[1]), number(match[2]), number(match[3]))
	}
	if match := dottedDate.FindStringSubmatch(word); match != nil {
		return validDate(name == "DATE" && (l.Dots || match[3] != ""), yearOf(match[3]), number(match[2]), number(match[1]))
	}
	if match := looseDate.FindStringSubmatch(word); match != nil {
		return validDate(name == "LOOSE" && l.Dots, 0, number(match[2]), number(match[1]))
	}
	match := slashDate.FindStringSubmatch(bare(word))
	if match == nil || l.Dots || word == "24/7" || word == "9/11" {
		return nil
	}
	a, b := number(match[1]), number(match[2])
	isFraction := match[3] == "" && a < b && slices.Contains([]int{2, 3, 4, 5, 8, 16}, b)
	month, day := a, b
	if dayFirst {
		month, day = b, a
	}
	isWanted := isFraction == (name == "FRACTION") && (name == "FRACTION" || name == "SLASH")
	if date := validDate(isWanted, yearOf(match[3]), month, day); date != nil {
		return date
	}
	return validDate(isWanted, yearOf(match[3]), day, month)
}

func yearOf(digits string) int {
	if len(digits) == 2 {
		return 2000 + number(digits)
	}
	return number(digits)
}

func validDate(isWanted bool, year, month, day int) []int {
	leapYear := 2000 // so that 29 February is valid without a year
	found := date(cmp.Or(year, leapYear), month, day)
	if !isWanted || month < 1 || month > 12 || found.Day() != day {
		return nil
	}
	return []int{year, month, day}
}

// readWeekdays reads "mon, wed and fri" or tue/thu.
func (l *language) readWeekdays(tokens []token, index int) ([]int, int, bool) {
	isAnd := func(i int) bool {
		return i < len(tokens) && slices.Contains([]string{"and", "und", "&", "+"}, tokens[i].word)
	}
	var values []int
	next := index
	for i := index; i < len(tokens); i++ {
		if days := l.weekdaysOf(tokens[i]); days != nil {
			values, next = append(values, days...), i+1
			if !tokens[i].isStop && !isAnd(i+1) {
				break
			}
		} else if next == index || !isAnd(i) {
			break
		}
	}
	return values, next, values != nil
}

func (l *language) weekdaysOf(t token) []int {
	if t.isLiteral {
		return nil
	}
	var days []int
	for part := range strings.SplitSeq(t.word, "/") {
		day, ok := l.valueOf("DAYNAME", part)
		if !ok {
			return nil
		}
		days = append(days, day)
	}
	return days
}
