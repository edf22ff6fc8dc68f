package sdktest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// maxDepth bounds the nesting of a body.
const maxDepth = 32

// bodyFault is what is wrong with a body's text.
type bodyFault struct{ taskapi.FieldError }

func (f bodyFault) Error() string { return f.Field + " " + f.Message }

func textFault(field string, code taskapi.FieldErrorCode, message string) error {
	if field == "" {
		field = "body"
	}
	return bodyFault{fieldError(field, code, message)}
}

// parseObject reads a body that must be a JSON object. It is stricter than
// encoding/json: a name that appears twice, text that is not UTF-8, the
// character NUL and anything behind the object are refused.
func parseObject(data []byte) (map[string]any, *problem) {
	value, err := parseJSON(data)
	var fault bodyFault
	switch {
	case errors.As(err, &fault):
		return nil, invalid(fault.FieldError)
	case err != nil:
		return nil, invalid(fieldError("body", taskapi.FieldFormat, "is not JSON"))
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, invalid(fieldError("body", taskapi.FieldType, "must be an object"))
	}
	return object, nil
}

func parseJSON(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, textFault("", taskapi.FieldFormat, "must be UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	value, err := parseValue(dec, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, textFault("", taskapi.FieldFormat, "must be one JSON value")
	}
	return value, nil
}

func parseValue(dec *json.Decoder, path string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, textFault("", taskapi.FieldFormat, "is nested too deeply")
	}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return parseMembers(dec, path, depth)
	case json.Delim('['):
		items := []any{}
		for i := 0; dec.More(); i++ {
			item, err := parseValue(dec, index(path, i), depth+1)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		_, err := dec.Token()
		return items, err
	}
	if text, ok := token.(string); ok && strings.ContainsRune(text, 0) {
		return nil, textFault(path, taskapi.FieldFormat, "must not contain the character NUL")
	}
	return token, nil
}

func parseMembers(dec *json.Decoder, path string, depth int) (any, error) {
	members := make(map[string]any)
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, ok := members[name]; ok {
			return nil, textFault(join(path, name), taskapi.FieldDuplicate, "must not appear twice")
		}
		if members[name], err = parseValue(dec, join(path, name), depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return members, err
}

// join returns the path of an object's member, index that of an array's item.
func join(path, name string) string {
	return strings.TrimPrefix(path+"."+name, ".")
}

func index(path string, i int) string {
	return path + "[" + strconv.Itoa(i) + "]"
}

// taskFields are the fields that a client sets.
var taskFields = []string{"title", "description", "completed", "priority", "dueAt", "tags"}

// known finds members that an object must not have.
func (f *faults) known(object map[string]any, path string, names []string) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(names, name) {
			f.add(join(path, name), taskapi.FieldUnknown, "is not a known field")
		}
	}
}

// task reads a new task, or what replaces one.
func (f *faults) task(object map[string]any, path string) taskapi.CreateTaskRequest {
	if title, ok := object["title"]; !ok {
		f.add(join(path, "title"), taskapi.FieldRequired, "is required")
	} else if title == nil {
		f.add(join(path, "title"), taskapi.FieldType, "must be a string")
		delete(object, "title")
	}
	set := f.changes(object, path)
	return taskapi.CreateTaskRequest{
		Title:       set.Title.Value,
		Description: set.Description.Value,
		Completed:   set.Completed.Value,
		Priority:    set.Priority.Value,
		DueAt:       set.DueAt.Value,
		Tags:        set.Tags.Value,
	}
}

// patch reads the changes of a task, of which there must be some.
func (f *faults) patch(object map[string]any, path string) taskapi.UpdateTaskRequest {
	if len(object) == 0 {
		f.add(cmp.Or(path, "body"), taskapi.FieldTooFew, "must have at least 1 field")
	}
	return f.changes(object, path)
}

// changes reads the fields that are present, and cleans them: texts are in
// Unicode's composed form, titles and tags without surrounding space, times in
// UTC to the microsecond.
func (f *faults) changes(object map[string]any, path string) taskapi.UpdateTaskRequest {
	f.known(object, path, taskFields)
	var set taskapi.UpdateTaskRequest
	if v, ok := field[string](f, object, path, "title", "must be a string"); ok {
		set.Title = taskapi.Some(f.length(join(path, "title"), trim(v), 1, taskapi.MaxTitleLength))
	}
	if v, ok := field[string](f, object, path, "description", "must be a string"); ok {
		set.Description = taskapi.Some(f.length(join(path, "description"), compose(v), 0, taskapi.MaxDescriptionLength))
	}
	if v, ok := field[bool](f, object, path, "completed", "must be true or false"); ok {
		set.Completed = taskapi.Some(v)
	}
	if v, ok := field[string](f, object, path, "priority", "must be a string"); ok {
		set.Priority = taskapi.Some(f.priority(join(path, "priority"), v))
	}
	if v, ok := object["dueAt"]; ok && v == nil {
		set.DueAt = taskapi.Null[time.Time]()
	} else if v, ok := field[string](f, object, path, "dueAt", "must be a string"); ok {
		set.DueAt = taskapi.Some(f.time(join(path, "dueAt"), v))
	}
	if v, ok := field[[]any](f, object, path, "tags", "must be an array"); ok {
		set.Tags = taskapi.Some(f.tags(join(path, "tags"), v))
	}
	return set
}

// field returns a member of an object if it is there and is a T.
func field[T any](f *faults, object map[string]any, path, name, rule string) (T, bool) {
	value, ok := object[name]
	typed, fits := value.(T)
	switch {
	case !ok, fits:
	case value == nil:
		f.add(join(path, name), taskapi.FieldNull, "must not be null")
	default:
		f.add(join(path, name), taskapi.FieldType, rule)
	}
	return typed, fits
}

// length checks a text's length in code points.
func (f *faults) length(field, text string, least, most int) string {
	switch length := utf8.RuneCountInString(text); {
	case length < least:
		f.add(field, taskapi.FieldTooShort, "must not be empty")
	case length > most:
		f.add(field, taskapi.FieldTooLong, fmt.Sprintf("must have at most %d characters", most))
	}
	return text
}

func (f *faults) priority(field, text string) taskapi.Priority {
	priority := taskapi.Priority(text)
	if !slices.Contains(taskapi.Priorities(), priority) {
		f.add(field, taskapi.FieldNotAllowed, "must be one of none, low, medium, high, urgent")
	}
	return priority
}

// time reads a time, in UTC to the microsecond.
func (f *faults) time(field, text string) *time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		f.add(field, taskapi.FieldFormat, "must be a date and time such as 2026-11-30T17:00:00Z")
		return nil
	}
	at = at.UTC().Truncate(time.Microsecond)
	if at.Year() < 1 || at.Year() > 9999 {
		f.add(field, taskapi.FieldOutOfRange, "must lie in the years 1 to 9999")
	}
	return &at
}

func (f *faults) tags(field string, items []any) []string {
	if len(items) > taskapi.MaxTags {
		f.add(field, taskapi.FieldTooMany, fmt.Sprintf("must have at most %d entries", taskapi.MaxTags))
	}
	tags := make([]string, 0, len(items))
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			f.add(index(field, i), taskapi.FieldType, "must be a string")
			continue
		}
		tag := f.length(index(field, i), trim(text), 1, taskapi.MaxTagLength)
		if slices.Contains(tags, tag) {
			f.add(index(field, i), taskapi.FieldDuplicate, "is there already")
		}
		tags = append(tags, tag)
	}
	return tags
}

// trim returns a text as titles and tags are kept.
func trim(text string) string {
	return strings.TrimSpace(compose(text))
}
