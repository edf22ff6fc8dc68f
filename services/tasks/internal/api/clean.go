package api

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// The years that RFC 3339 can write and PostgreSQL can store.
const (
	minYear = 1
	maxYear = 9999
)

// rule checks the value of a field and sets it to the stored form. The field's tags have
// the limits of its length.
type rule func(c *checker, name string, field reflect.StructField, value reflect.Value)

// rules are the rules that the OpenAPI document does not express, by the JSON names of
// the fields, which mean the same in every kind. Other fields have the rule of their
// type: text in Unicode's composed form (NFC), times in UTC to the microsecond.
var rules = map[string]rule{
	"name":       trimmed,
	"recurrence": recurrenceRule,
	"tags":       tags,
	"timeZone":   zoneName,
	"title":      trimmed,
}

// cleanBatch returns the cleaned operations of a batch.
func cleanBatch(batch []operations.BatchOperation) ([]store.Operation, error) {
	var check checker
	ops := make([]store.Operation, len(batch))
	for i, op := range batch {
		ops[i] = store.Operation{Op: op.Op, Kind: op.Kind}
		if op.Op != taskapi.BatchCreate {
			id, err := parseID(op.ID)
			if err != nil {
				check.prefix = fmt.Sprintf("operations[%d].", i)
				check.fault("id", taskapi.FieldFormat, "must be a UUID")
			}
			ops[i].ID = id
		}
		if op.Version != 0 {
			ops[i].Versions = []int64{op.Version}
		}
		check.prefix = dataPath(i, op.Op)
		ops[i].Data = check.clean(op.Data)
	}
	return ops, check.err()
}

// clean returns the stored form of a request to create, replace, update or move a
// resource, or nil for nil. It checks the fields that are present.
func (c *checker) clean(data any) any {
	if data == nil {
		return nil
	}
	request := reflect.New(reflect.TypeOf(data)).Elem()
	request.Set(reflect.ValueOf(data))
	for i := range request.NumField() {
		value := request.Field(i)
		if optional, ok := value.Addr().Interface().(interface{ Present() any }); ok {
			if value.IsZero() {
				continue
			}
			value = reflect.ValueOf(optional.Present()).Elem()
		}
		field := request.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if rule := rules[name]; rule != nil {
			rule(c, name, field, value)
		} else {
			byType(c, name, field, value)
		}
	}
	if request.FieldByName("After").IsValid() {
		c.onePlace(request)
	}
	return request.Interface()
}

// onePlace checks that a move names one place. A move to another list or parent may name
// none: the default is the end.
func (c *checker) onePlace(move reflect.Value) {
	has := func(name string) bool {
		field := move.FieldByName(name)
		return field.IsValid() && !field.IsZero()
	}
	switch {
	case has("After") && has("Before"):
		c.fault("before", taskapi.FieldNotAllowed, "must not be given together with after")
	case !has("After") && !has("Before") && !has("ListID") && !has("ParentID"):
		c.fault("after", taskapi.FieldRequired, "or before is required")
	}
}

// byType is the rule of fields without a rule of their own.
func byType(c *checker, name string, field reflect.StructField, value reflect.Value) {
	switch v := value.Addr().Interface().(type) {
	case **time.Time:
		*v = c.time(name, *v)
	case **string:
		switch format := field.Tag.Get("format"); {
		case *v != nil && format == "uuid":
			*v = new(c.id(name, **v))
		case *v != nil && format == "date":
			c.date(name, **v)
		}
	case *[]string:
		clean := make([]string, len(*v))
		for i, text := range *v {
			clean[i] = nfc(text)
		}
		*v = clean
	default:
		if value.Kind() == reflect.String {
			value.SetString(c.text(name, nfc(value.String()), limitsOf(field)))
		}
	}
}

// trimmed is the rule that removes the white space around a text.
func trimmed(c *checker, name string, field reflect.StructField, value reflect.Value) {
	value.SetString(c.text(name, strings.TrimSpace(nfc(value.String())), limitsOf(field)))
}

// tags is the rule that removes the white space around tags, and duplicates.
func tags(c *checker, name string, _ reflect.StructField, value reflect.Value) {
	clean, seen := make([]string, 0, value.Len()), make(map[string]bool, value.Len())
	for i := range value.Len() {
		tag := c.text(name+"["+strconv.Itoa(i)+"]", strings.TrimSpace(nfc(value.Index(i).String())), limits{1, taskapi.MaxTagLength})
		if key := taskapi.TagKey(tag); !seen[key] {
			clean, seen[key] = append(clean, tag), true
		}
	}
	value.Set(reflect.ValueOf(clean))
}

// zoneName is the rule that converts a time zone's name to its canonical spelling.
func zoneName(c *checker, name string, _ reflect.StructField, value reflect.Value) {
	zone, err := taskapi.LoadZone(value.String())
	if err != nil {
		c.fault(name, taskapi.FieldNotAllowed, "must be the IANA name of a time zone, such as Europe/Berlin")
		return
	}
	value.SetString(zone.String())
}

// limits are the minimum and the maximum number of code points of a text; a maximum of
// zero is no limit.
type limits struct{ minimum, maximum int }

func limitsOf(field reflect.StructField) (l limits) {
	l.minimum, _ = strconv.Atoi(field.Tag.Get("minLength")) // 0 without the tag
	l.maximum, _ = strconv.Atoi(field.Tag.Get("maxLength"))
	return l
}

// checker collects the errors of a request's fields.
type checker struct {
	// prefix precedes each field's name.
	prefix string
	faults []taskapi.FieldError
}

func (c *checker) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	return httpapi.Invalid(c.faults...)
}

func (c *checker) fault(field string, code taskapi.FieldErrorCode, message string) {
	c.faults = append(c.faults, taskapi.FieldError{Field: c.prefix + field, Code: code, Message: message})
}

// text checks the length of a text that has been normalized, which can change the length.
func (c *checker) text(field, s string, l limits) string {
	switch length := utf8.RuneCountInString(s); {
	case length < l.minimum || l.minimum > 0 && taskapi.IsBlank(s):
		c.fault(field, taskapi.FieldTooShort, "must not be blank")
	case l.maximum > 0 && length > l.maximum:
		c.fault(field, taskapi.FieldTooLong, "must have at most "+strconv.Itoa(l.maximum)+" characters")
	}
	return s
}

// queryText checks a text of the query string. The JSON parser has checked texts of a body.
func (c *checker) queryText(field, s string) {
	if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		c.fault(field, taskapi.FieldFormat, "must be UTF-8 without the character NUL")
	}
}

// id returns an id in lower case.
func (c *checker) id(field, text string) string {
	id, err := parseID(text)
	if err != nil {
		c.fault(field, taskapi.FieldFormat, "must be a UUID")
	}
	return id.String()
}

// date checks a date. It must end before the year 10000 in every time zone.
func (c *checker) date(field, text string) {
	if day, err := time.Parse(time.DateOnly, text); err != nil || day.Year() < minYear || day.Year() >= maxYear {
		c.fault(field, taskapi.FieldOutOfRange, "must lie in the years 1 to 9998")
	}
}

func (c *checker) time(field string, t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC().Truncate(time.Microsecond)
	if utc.Year() < minYear || utc.Year() > maxYear {
		c.fault(field, taskapi.FieldOutOfRange, "must lie in the years 1 to 9999")
	}
	return &utc
}
