package modeltest_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// wireField is a field of a request, with the rules in its tags.
type wireField struct {
	name     string
	typ      reflect.Type
	tag      reflect.StructTag
	required bool
}

// wireFields returns the fields of a request to create or update a resource.
func wireFields(request reflect.Type) []wireField {
	var fields []wireField
	for f := range request.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		typ := f.Type
		if typ.Kind() == reflect.Struct && typ != reflect.TypeFor[time.Time]() {
			value, _ := typ.FieldByName("Value") // the value of an Optional
			typ = value.Type
		}
		fields = append(fields, wireField{name, typ, f.Tag, options == ""})
	}
	return fields
}

// kind is a kind of resource, with the fields of its content and of a patch of it.
type kind struct {
	name             taskapi.Kind
	path             string
	content, changes []wireField
}

// kinds are all kinds, many those of which a user can have many resources.
var kinds, many = func() (kinds, many []*kind) {
	for _, k := range operations.Kinds() {
		described := &kind{name: k.Name, path: k.Path, changes: wireFields(k.Update)}
		if k.InBatches() {
			described.content = wireFields(k.Create)
			many = append(many, described)
		}
		kinds = append(kinds, described)
	}
	return kinds, many
}()

var tasks, lists, settings = kindNamed(taskapi.KindTask), kindNamed(taskapi.KindList), kindNamed(taskapi.KindSettings)

func kindNamed(name taskapi.Kind) *kind {
	for _, k := range kinds {
		if k.name == name {
			return k
		}
	}
	return nil
}

// zones are names of time zones.
var zones = []string{"UTC", "Pacific/Kiritimati", "america/new_york", "Europe/Berlin", "Australia/Lord_Howe", "Etc/GMT+12"}

// kind returns a kind, mostly that of tasks.
func (g *generator) kind() *kind {
	if g.chance(4) {
		return pick(g, many[1:]...)
	}
	return tasks
}

// content returns a body with a resource's content, perhaps with one mistake.
func (g *generator) content(k *kind, partial, mistakes bool) body {
	if !mistakes || !g.chance(7) {
		return g.fields(k, partial, false)
	}
	if g.chance(2) {
		return g.fields(k, partial, true)
	}
	b := g.fields(k, partial, false)
	switch g.random.IntN(6) {
	case 0:
		b.members = append(b.members, member{name: pick(g, "color", "id", "version", "Title", "userId", ""), value: "1"})
	case 1:
		b.members = append(b.members, pick(g, b.members...))
	case 2:
		b.trailing = pick(g, " ", "{}", "]", "\n", "x", ",")
	default:
		b = body{instead: pick(g, "[]", "null", "7", `"title"`, "{", "{}", "{\"title\":\"\xff\"}", `{"title":"\ud83d"}`, `{"title":"a\u0000"}`,
			`{"title":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+"}", `{"title":"a","tags":["b","\u0000"]}`, `{"title":"a",}`, `{title:"a"}`)}
	}
	return b
}

// fields returns members for some of the fields. If mistake is true, one of them is
// invalid.
func (g *generator) fields(k *kind, partial, mistake bool) body {
	fields := k.content
	if partial {
		fields = k.changes
	}
	invalidIndex := -1
	if mistake {
		invalidIndex = g.random.IntN(len(fields))
	}
	forced := g.random.IntN(len(fields)) // a patch has at least one
	var b body
	for i, f := range fields {
		switch {
		case i == invalidIndex:
			b.members = append(b.members, member{name: f.name, value: g.invalidValue(f)})
		case f.required && !partial, partial && invalidIndex < 0 && i == forced, g.chance(3):
			b.members = append(b.members, member{name: f.name, value: g.validValue(f)})
		}
	}
	if k == tasks && value(b, "recurrence") != "null" && value(b, "dueAt") == "null" && value(b, "dueOn") == "null" && !g.chance(5) {
		b = without(b, "dueAt", "dueOn")
		b.members = append(b.members, g.due())
	}
	g.random.Shuffle(len(b.members), func(i, j int) { b.members[i], b.members[j] = b.members[j], b.members[i] })
	return b
}

// validValue returns a valid value of a field.
func (g *generator) validValue(f wireField) string {
	typ := f.typ
	if typ.Kind() == reflect.Pointer {
		if g.chance(4) {
			return "null"
		}
		typ = typ.Elem()
	}
	switch {
	case f.name == "parentId" && g.chance(3):
		return `"{` + g.recentRecurring() + `}"`
	case f.tag.Get("format") == "uuid":
		return `"{` + g.name(referredKind(f.name), outsideTrash, outsideTrash) + `}"`
	case typ == reflect.TypeFor[time.Time]():
		return quote(pick(g, g.times()...))
	case typ.Kind() == reflect.String && f.tag.Get("enum") != "":
		return quote(pick(g, strings.Split(f.tag.Get("enum"), ",")...))
	case f.tag.Get("format") == "date":
		return quote(pick(g, "2026-11-30", "2024-02-29", "2011-12-30", "0001-01-01", "9998-12-31", g.now.Format(time.DateOnly), g.now.AddDate(0, 0, 1).Format(time.DateOnly)))
	case f.name == "timeZone":
		return quote(pick(g, zones...))
	case f.name == "recurrence":
		return quote(pick(g, g.rules()...))
	case typ.Kind() == reflect.String:
		return g.text(f, 30)
	case typ.Kind() == reflect.Bool:
		return pick(g, "true", "false")
	case typ.Kind() == reflect.Int, typ.Kind() == reflect.Int64:
		low, high := limit(f, "minimum", -1000), limit(f, "maximum", 1000)
		return strconv.Itoa(pick(g, low, high, low+g.random.IntN(high-low+1)))
	case typ.Kind() == reflect.Slice:
		n := g.random.IntN(4)
		if g.chance(20) {
			n = limit(f, "maxItems", 4)
		}
		all := make([]string, n)
		for i, index := range g.random.Perm(max(n, len(g.words)))[:n] {
			if all[i] = quote("tag " + strconv.Itoa(index)); index < len(g.words) {
				all[i] = quote(g.words[index])
			}
		}
		if n > 0 && g.chance(6) {
			all = append(all[:n-1], strings.ToUpper(all[0])) // may be the same tag
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	panic("no generator for a value of type " + typ.String())
}

// referredKind returns the kind of resources to which a field refers.
func referredKind(field string) *kind {
	if k := kindNamed(taskapi.Kind(strings.TrimSuffix(field, "Id"))); k != nil {
		return k
	}
	return tasks
}

// invalidValue returns a value that breaks one rule of a field.
func (g *generator) invalidValue(f wireField) string {
	typ := f.typ
	all := []string{`{}`, `{"a":1}`}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	} else {
		all = append(all, "null")
	}
	switch {
	case typ == reflect.TypeFor[time.Time]():
		all = append(all, "7", "true", "[]", `""`, `"tomorrow"`, `"2026-11-30"`, `"0000-12-31T00:00:00Z"`, `"9999-12-31T23:59:59-01:00"`,
			`"2026-02-30T00:00:00Z"`, `"2026-11-30T24:00:00Z"`, `"2026-11-30T23:59:60Z"`, `"2026-11-30 17:00:00Z"`, `"2026-11-30t17:00:00z"`,
			`"10000-01-01T00:00:00Z"`, `"2026-11-30T17:00Z"`, `"2026-11-30T17:00:00"`, `"2026-11-30T17:00:00.Z"`,
			`"2026-11-30T7:00:00Z"`, `"2026-11-30T17:00:00,5Z"`, `"2026-11-30T17:00:00+24:00"`, `"2026-11-30T17:00:00+01"`)
	case typ.Kind() == reflect.String && f.tag.Get("enum") != "":
		all = append(all, "7", "[]", `"top"`, `""`, `"HIGH"`, `" high"`)
	case typ.Kind() == reflect.String:
		all = append(all, "7", "true", "[]", `["a"]`)
		if f.name == "timeZone" {
			all = append(all, `""`, `"Local"`, `"Europe/Atlantis"`, `" UTC"`)
		}
		if f.name == "recurrence" {
			all = append(all, `""`, `"daily"`, `"FREQ=HOURLY"`, `"FREQ=DAILY;COUNT=0"`, `"FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"`, `"FREQ=DAILY\n"`)
		}
		if limit(f, "minLength", 0) > 0 {
			all = append(all, `""`, `"  "`, `"\t\u00a0\u3000"`, `"\u200b"`, `"\ufeff\u2800"`, `"\u0301"`, `"\u3164\u200d"`)
		}
		if f.tag.Get("format") == "date" {
			return pick(g, append(all, "7", "[]", `""`, `"tomorrow"`, `"2026-02-30"`, `"2026-11-30T00:00:00Z"`, `"0000-01-01"`, `"9999-01-01"`, `"26-11-30"`)...)
		}
		if f.tag.Get("format") == "uuid" {
			all = append(all, `""`, `"7"`, `"inbox"`, `"019ac2f47b3c7c1e9a550d6f2b8e4c11"`, `"{nobody}x"`)
		} else {
			all = append(all, quote(strings.Repeat(pick(g, "a", "ä", "😀"), limit(f, "maxLength", 0)+1)))
		}
	case typ.Kind() == reflect.Bool:
		all = append(all, "1", `"true"`, "[]")
	case typ.Kind() == reflect.Slice:
		all = append(all, "7", `"a"`, "[7]", "[null]", `["a",["b"]]`, `[""]`, `["b"," "]`,
			`["`+strings.Repeat("a", taskapi.MaxTagLength+1)+`"]`)
		high := limit(f, "maxItems", 0)
		many := make([]string, high+1)
		for i := range many {
			many[i] = quote(strconv.Itoa(i))
		}
		all = append(all, "["+strings.Join(many, ",")+"]")
	default:
		all = append(all, `"7"`, "1.5", "true", "[]", "9223372036854775808",
			strconv.Itoa(limit(f, "minimum", 0)-1), strconv.Itoa(limit(f, "maximum", 0)+1))
	}
	return pick(g, all...)
}

func limit(f wireField, key string, fallback int) int {
	if n, err := strconv.Atoi(f.tag.Get(key)); err == nil {
		return n
	}
	return fallback
}

var words = []string{"apple", "Apple", "apples", "banana", "42", "7", "east", "éclair", "Zebra", "fig", "water", "plants"}

// unusualCharacters are characters that programs often lose or change.
var unusualCharacters = []string{
	"e\u0301", "a\u0308", "👩‍👩‍👧", "🪴", "\u200f", "\u202e", "\u2028", "\ufeff", "\u00a0", "\u3000", "\u0085", "\ufffd", "\u0001", "\u007f",
	"\U0010ffff", "\uffff", "%_", `\`, `"`, "'", "$1", "?", "{}", "東京", "ß", "\t", "\r\n", "</script>", "\u0130", "ı",
}

// text returns a text of a few words as JSON; one in longIn has the maximum length.
func (g *generator) text(f wireField, longIn int) string {
	if g.chance(longIn) {
		return quote(strings.Repeat(pick(g, "a", "ä", "😀"), limit(f, "maxLength", 100)))
	}
	text := pick(g, g.words...)
	for range g.random.IntN(3) {
		text += pick(g, " ", " ", "-", "\n") + pick(g, g.words...)
	}
	if limit(f, "minLength", 0) > 0 {
		text = strings.ReplaceAll(text, "\n", " ")
	}
	if g.odd {
		for range 1 + g.random.IntN(3) {
			text = pick(g, text+pick(g, unusualCharacters...), pick(g, unusualCharacters...)+text)
		}
	}
	if g.chance(5) {
		text = " " + text + "\n"
	}
	if limit(f, "minLength", 0) == 0 && g.chance(6) {
		text = ""
	}
	if g.odd && g.chance(3) {
		return escaped(text)
	}
	return quote(text)
}

// times returns times of all sorts, some of them near the present.
func (g *generator) times() []string {
	noon := time.Date(g.now.Year(), g.now.Month(), g.now.Day(), 12, 0, 0, 0, time.UTC)
	return []string{
		"2026-11-30T17:00:00Z", "2026-11-30T18:00:00+01:00", "2026-11-30T17:00:00.123456Z", "2026-11-30T17:00:00.1234569Z",
		"2024-02-29T23:59:59.5-12:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2026-11-30T17:00:00-00:00",
		"1969-12-31T23:59:59.999999999Z", "2026-11-30T17:00:00.0000001Z", "2026-11-30T17:00:00+14:00",
		noon.Format(time.RFC3339), noon.AddDate(0, 0, 1).Format(time.RFC3339), noon.AddDate(0, 0, -1).Format(time.RFC3339),
	}
}

// escaped returns a text as JSON in which every character is escaped.
func escaped(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, "\\u%04x", unit)
	}
	return `"` + b.String() + `"`
}

func quote(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(fmt.Sprintf("%q: %v", text, err))
	}
	return string(encoded)
}
