package sdk

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// unmarshal is json.Unmarshal, but reads answers that hold tasks in a fraction
// of its time, if they are written as the service writes them. Lists of tasks
// are most of what a client reads.
func unmarshal(data []byte, out any) error {
	if readUsual(data, out) {
		return nil
	}
	return json.Unmarshal(data, out)
}

// readUsual reports whether data are the usual form of out, and then stores
// them there, as encoding/json would.
func readUsual(data []byte, out any) bool {
	r := usualReader{rest: bytes.TrimSuffix(data, []byte("\n"))}
	switch out := out.(type) {
	case *taskAnswer:
		if got := r.taskResponse(); r.done() {
			out.TaskResponse = got
			return true
		}
	case *listAnswer:
		if got := r.listResponse(); r.done() {
			out.TaskListResponse = got
			return true
		}
	case *changesAnswer:
		if got := r.changesResponse(); r.done() {
			out.ChangeListResponse = got
			return true
		}
	case *taskapi.Change:
		if got := r.change(); r.done() {
			*out = got
			return true
		}
	}
	return false
}

// A usualReader reads JSON in the form in which the service writes it: the
// fields that taskapi has, all of them and in that order, without white space
// between them. Nothing else is decided here: it is read anew by encoding/json.
type usualReader struct {
	rest    []byte // what has not been read yet
	unusual bool   // it is not the form; what was read means nothing
	tags    [taskapi.MaxTags]string
}

// done reports whether all was read and usual.
func (r *usualReader) done() bool { return !r.unusual && len(r.rest) == 0 }

func (r *usualReader) taskResponse() (a taskapi.TaskResponse) {
	r.expect(`{"success":`)
	a.Success = r.bool()
	r.expect(`,"data":`)
	a.Data = r.task()
	r.expect(`}`)
	return a
}

func (r *usualReader) listResponse() (a taskapi.TaskListResponse) {
	r.expect(`{"success":`)
	a.Success = r.bool()
	r.expect(`,"data":`)
	a.Data = array(r, make([]taskapi.Task, 0, r.pageSize()), (*usualReader).task)
	r.expect(`,"meta":{"nextCursor":`)
	a.Meta.NextCursor = orNull(r, (*usualReader).string)
	r.expect(`,"changes":`)
	a.Meta.Changes = r.int()
	r.expect(`}}`)
	return a
}

func (r *usualReader) changesResponse() (a taskapi.ChangeListResponse) {
	r.expect(`{"success":`)
	a.Success = r.bool()
	r.expect(`,"data":`)
	a.Data = array(r, make([]taskapi.Change, 0, r.pageSize()), (*usualReader).change)
	r.expect(`,"meta":{"nextCursor":`)
	a.Meta.NextCursor = r.int()
	r.expect(`,"hasMore":`)
	a.Meta.HasMore = r.bool()
	r.expect(`}}`)
	return a
}

func (r *usualReader) change() (c taskapi.Change) {
	r.expect(`{"seq":`)
	c.Seq = r.int()
	r.expect(`,"type":`)
	c.Type = taskapi.ChangeType(r.string())
	r.expect(`,"taskId":`)
	c.TaskID = r.string()
	r.expect(`,"task":`)
	c.Task = orNull(r, (*usualReader).task)
	r.expect(`}`)
	return c
}

func (r *usualReader) task() (t taskapi.Task) {
	r.expect(`{"id":`)
	t.ID = r.string()
	r.expect(`,"title":`)
	t.Title = r.string()
	r.expect(`,"description":`)
	t.Description = r.string()
	r.expect(`,"completed":`)
	t.Completed = r.bool()
	r.expect(`,"completedAt":`)
	t.CompletedAt = orNull(r, (*usualReader).time)
	r.expect(`,"priority":`)
	t.Priority = taskapi.Priority(r.string())
	r.expect(`,"dueAt":`)
	t.DueAt = orNull(r, (*usualReader).time)
	r.expect(`,"tags":`)
	t.Tags = append([]string{}, array(r, r.tags[:0], (*usualReader).string)...)
	r.expect(`,"version":`)
	t.Version = r.int()
	r.expect(`,"createdAt":`)
	t.CreatedAt = r.time()
	r.expect(`,"updatedAt":`)
	t.UpdatedAt = r.time()
	r.expect(`,"deletedAt":`)
	t.DeletedAt = orNull(r, (*usualReader).time)
	r.expect(`}`)
	return t
}

// pageSize is about how many tasks there are in the rest, and none too few if
// each has 300 bytes or more.
func (r *usualReader) pageSize() int { return min(len(r.rest)/300+1, taskapi.MaxListLimit) }

// fail ends the reading: what follows finds nothing to read.
func (r *usualReader) fail() { r.rest, r.unusual = nil, true }

// expect reads this text.
func (r *usualReader) expect(text string) {
	if !r.found(text) {
		r.fail()
	}
}

// found reads this text if it comes next.
func (r *usualReader) found(text string) bool {
	if len(r.rest) < len(text) || string(r.rest[:len(text)]) != text {
		return false
	}
	r.rest = r.rest[len(text):]
	return true
}

func (r *usualReader) bool() bool {
	if r.found("true") {
		return true
	}
	r.expect("false")
	return false
}

// int reads a number without sign, fraction and exponent.
func (r *usualReader) int() int64 {
	size := 0
	for size < len(r.rest) && '0' <= r.rest[size] && r.rest[size] <= '9' {
		size++
	}
	n, err := strconv.ParseInt(string(r.rest[:size]), 10, 64)
	if err != nil || size > 1 && r.rest[0] == '0' {
		r.fail()
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *usualReader) time() (t time.Time) {
	quoted := r.quoted()
	if t.UnmarshalJSON(quoted) != nil {
		r.fail()
		return t
	}
	r.rest = r.rest[len(quoted):]
	return t
}

func (r *usualReader) string() string {
	quoted := r.quoted()
	if r.unusual {
		return ""
	}
	text := quoted[1 : len(quoted)-1]
	if !plain(text) {
		return r.encodedString()
	}
	r.rest = r.rest[len(quoted):]
	return string(text)
}

// encodedString reads a text with escapes, and any other that is not plain, by
// encoding/json.
func (r *usualReader) encodedString() (text string) {
	end := 1
	for end < len(r.rest) && r.rest[end] != '"' {
		if r.rest[end] == '\\' {
			end++ // what it escapes may be a quote
		}
		end++
	}
	if end >= len(r.rest) || json.Unmarshal(r.rest[:end+1], &text) != nil {
		r.fail()
		return ""
	}
	r.rest = r.rest[end+1:]
	return text
}

// plain reports whether a text means in JSON what it is.
func plain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c == '\\' {
			return false
		}
	}
	return utf8.Valid(text)
}

// quoted returns what comes next from one quote to another, without reading it.
func (r *usualReader) quoted() []byte {
	if len(r.rest) > 0 && r.rest[0] == '"' {
		if size := bytes.IndexByte(r.rest[1:], '"') + 2; size > 1 {
			return r.rest[:size]
		}
	}
	r.fail()
	return nil
}

// array reads the entries of an array and appends them to list.
func array[T any](r *usualReader, list []T, read func(*usualReader) T) []T {
	r.expect(`[`)
	if r.found(`]`) {
		return list
	}
	for {
		list = append(list, read(r))
		if !r.found(`,`) {
			r.expect(`]`)
			return list
		}
	}
}

// orNull reads a value, or null, which is nil.
func orNull[T any](r *usualReader, read func(*usualReader) T) *T {
	if r.found("null") {
		return nil
	}
	value := read(r)
	return &value
}
