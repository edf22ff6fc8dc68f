package sdktest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// boolean reads a parameter that is true or false.
func (f *fieldErrors) boolean(query url.Values, name string, into *bool) {
	text := query.Get(name)
	if value, err := strconv.ParseBool(text); err == nil {
		*into = value
	} else if text != "" {
		f.add(name, taskapi.FieldType, "must be true or false")
	}
}

// optionalBoolean reads a parameter that is true or false, and leaves nil if it is missing.
func (f *fieldErrors) optionalBoolean(query url.Values, name string, into **bool) {
	if query.Has(name) {
		*into = new(false)
		f.boolean(query, name, *into)
	}
}

// number reads a parameter that is a whole number.
func (f *fieldErrors) number(query url.Values, name string, into *int64, minimum, maximum int64) {
	text := query.Get(name)
	if text == "" {
		return
	}
	var err error
	switch *into, err = strconv.ParseInt(text, 10, 64); {
	case err != nil:
		f.add(name, taskapi.FieldType, "must be a whole number")
	case *into < minimum:
		f.add(name, taskapi.FieldOutOfRange, fmt.Sprintf("must be at least %d", minimum))
	case *into > maximum:
		f.add(name, taskapi.FieldOutOfRange, fmt.Sprintf("must be at most %d", maximum))
	}
}

// instant reads a parameter that is a time.
func (f *fieldErrors) instant(query url.Values, name string, into **time.Time) {
	if text := query.Get(name); text != "" {
		*into = f.time(name, text)
	}
}

// cursor is the position of a resource in a list.
type cursor struct {
	List []byte // the filters and the order
	Key  string // the sort key; empty for none
	ID   string
}

// sortableTime formats times so that their texts sort like the times.
const sortableTime = "2006-01-02T15:04:05.000000Z"

// compare returns a negative number if c comes before other. An empty key comes last in
// both directions.
func (c cursor) compare(other cursor, descending bool) int {
	if (c.Key == "") != (other.Key == "") {
		return strings.Compare(other.Key, c.Key)
	}
	result := cmp.Or(strings.Compare(c.Key, other.Key), strings.Compare(c.ID, other.ID))
	if descending {
		return -result
	}
	return result
}

// listing is a list of resources: its filter and its order.
type listing struct {
	// query identifies the list: the filters and the order.
	query      any
	matches    func(resource) bool
	key        func(entry) string // the sort key; ties are ordered by id
	descending bool
	cursor     string
	limit      int
}

// pageBytes ends a page before its limit, once its resources have this size together.
const pageBytes = 1 << 20

// list responds with a page of a list.
func (c *call) list(l listing) (*reply, *problem) {
	page, next, p := c.tx.user.page(l)
	if p != nil {
		return nil, p
	}
	data := make([]any, len(page))
	for i, r := range page {
		data[i] = r.wire()
	}
	meta := taskapi.ListMeta{NextCursor: next, Changes: c.tx.user.seq}
	return newReply(http.StatusOK, map[string]any{"success": true, "data": data, "meta": meta}), nil
}

// page returns a page of the list, and the cursor of the next one or nil.
func (u *user) page(l listing) ([]resource, *string, *problem) {
	list := encode(l.query)
	var after cursor
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(l.cursor)
	if l.cursor != "" && (err != nil || json.Unmarshal(decoded, &after) != nil || !bytes.Equal(after.List, list)) {
		return nil, nil, newProblem(taskapi.CodeInvalidCursor, "The cursor does not belong to this list. Start again without one.")
	}
	var cursors []cursor
	for id, e := range u.resources {
		if !l.matches(e.resource) {
			continue
		}
		position := cursor{List: list, Key: l.key(e), ID: id}
		if l.cursor == "" || position.compare(after, l.descending) > 0 {
			cursors = append(cursors, position)
		}
	}
	slices.SortFunc(cursors, func(a, b cursor) int { return a.compare(b, l.descending) })
	var page []resource
	size := 0
	for _, position := range cursors {
		if len(page) == l.limit || size >= pageBytes {
			next := base64.RawURLEncoding.EncodeToString(encode(cursors[len(page)-1]))
			return page, &next, nil
		}
		r := u.resources[position.ID].resource
		page = append(page, r)
		size += len(encode(r.wire()))
	}
	return page, nil, nil
}
