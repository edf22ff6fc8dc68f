package taskapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// Change is an entry of a user's change feed. Sequence numbers rise but leave
// gaps: a resource that changed several times appears once, at its latest
// number.
type Change struct {
	// Seq is higher than the number of every earlier change.
	Seq int64 `json:"seq"`
	// Kind is the kind of the resource. Ignore kinds you do not know.
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
	// Data is the resource as it is now, also in the trash, and the JSON null
	// once it has been erased.
	Data json.RawMessage `json:"data"`
}

// ErrErased is the error of decoding a change whose resource has been erased.
var ErrErased = errors.New("taskapi: the resource has been erased")

// Erased reports whether the resource has been erased.
func (c Change) Erased() bool { return len(c.Data) == 0 || bytes.Equal(c.Data, []byte("null")) }

func decodeChange[T any](wanted Kind, c Change) (resource T, err error) {
	if c.Erased() {
		return resource, ErrErased
	}
	return decodeAs[T](wanted, c.Kind, c.Data)
}

// ListChangesOptions is the query of listChanges.
type ListChangesOptions struct {
	// After is the number to start after: [ListMeta.Changes] of a list, or
	// [Change.Seq]. Zero starts from the beginning.
	After int64
	// Cursor is [ChangesMeta.NextCursor] of the previous page; it takes precedence over After.
	Cursor string
	// Limit is the page size, from 1 to [MaxListLimit]; zero means
	// [DefaultListLimit].
	Limit int
}

// ChangeListResponse is the response of listChanges.
type ChangeListResponse struct {
	Success bool        `json:"success" enum:"true" doc:"Always true in a response with status 2xx."`
	Data    []Change    `json:"data"`
	Meta    ChangesMeta `json:"meta"`
}

// ChangesMeta describes a page of changes.
type ChangesMeta struct {
	NextCursor string `json:"nextCursor" doc:"The cursor of the next page, also if there are no more changes yet." example:"184"`
	HasMore    bool   `json:"hasMore" doc:"Whether more changes are already available." example:"false"`
}

// ChangeCursor is a position in a user's changes. As text it is the number of a
// change, such as "184". While changes are read from 0, it also has the number at which
// that began, as in "100-184", until the reader reaches that number.
type ChangeCursor struct {
	// After is the number to continue after.
	After int64
	// Began is the user's latest number when reading from 0 began. The reader does not
	// know the resources erased up to that number, so their tombstones may be missing.
	Began int64
}

// ParseChangeCursor reads [ChangesMeta.NextCursor] or the id of an event.
func ParseChangeCursor(text string) (c ChangeCursor, err error) {
	after, began, hasBegan := strings.Cut(text, "-")
	if c.After, err = parseNumber(after); err == nil && hasBegan {
		c.Began, err = parseNumber(began)
	}
	return c, err
}

func parseNumber(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err //nolint:gosec // of 63 bits
}

// String returns the cursor in its wire format.
func (c ChangeCursor) String() string {
	text := strconv.FormatInt(c.After, 10)
	if c.Began > c.After {
		text += "-" + strconv.FormatInt(c.Began, 10)
	}
	return text
}

// At returns the cursor after the change with this number, read since the same Began.
func (c ChangeCursor) At(seq int64) ChangeCursor { return ChangeCursor{After: seq, Began: c.Began} }
