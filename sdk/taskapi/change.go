package taskapi

import (
	"bytes"
	"encoding/json"
	"errors"
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

// Erased reports whether the resource has been erased for good.
func (c Change) Erased() bool { return len(c.Data) == 0 || bytes.Equal(c.Data, []byte("null")) }

// Task decodes the task. It fails for another kind, and with [ErrErased] if the
// task has been erased.
func (c Change) Task() (Task, error) {
	if c.Erased() {
		return Task{}, ErrErased
	}
	return decodeAs[Task](KindTask, c.Kind, c.Data)
}

// ListChangesOptions is the query of listChanges.
type ListChangesOptions struct {
	// After is the number to start after: [ListMeta.Changes] of a list or
	// [ChangesMeta.NextCursor]. Zero starts from the beginning.
	After int64
	// Limit is the page size, from 1 to [MaxListLimit]; zero means
	// [DefaultListLimit].
	Limit int
}

// ChangeListResponse is the response of listChanges.
type ChangeListResponse struct {
	Success bool        `json:"success" enum:"true" doc:"Always true in a response of status 2xx."`
	Data    []Change    `json:"data"`
	Meta    ChangesMeta `json:"meta"`
}

// ChangesMeta describes a page of changes.
type ChangesMeta struct {
	NextCursor int64 `json:"nextCursor" minimum:"0" doc:"The number to continue after." example:"184"`
	HasMore    bool  `json:"hasMore" doc:"Whether more changes are available already." example:"false"`
}
