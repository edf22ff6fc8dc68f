package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// cursor is a place in a list: the last row of a page, and the filters of the
// list it belongs to.
type cursor struct {
	Filter    string    `json:"f"`
	CreatedAt time.Time `json:"c"`
	ID        uuid.UUID `json:"i"`
}

// String returns the cursor as clients carry it: opaque and safe in a URL.
func (c cursor) String() string {
	// None of the three fields can fail to be encoded.
	data, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(data)
}

func cursorAfter(row *taskRow, options taskapi.ListTasksOptions) cursor {
	return cursor{Filter: filterOf(options), CreatedAt: row.CreatedAt.UTC(), ID: row.ID}
}

// parseCursor reads the cursor of a list's query. It returns nil without one,
// and [ErrInvalidCursor] for one that was not made for these filters.
func parseCursor(options taskapi.ListTasksOptions) (*cursor, error) {
	if options.Cursor == "" {
		return nil, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(options.Cursor)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidCursor, err)
	}
	var c cursor
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidCursor, err)
	}
	if c.Filter != filterOf(options) {
		return nil, fmt.Errorf("%w: made for another list", ErrInvalidCursor)
	}
	return &c, nil
}

// filterOf names everything of a list's query that decides which tasks it
// holds and in which order.
func filterOf(options taskapi.ListTasksOptions) string {
	if options.Completed == nil {
		return "all"
	}
	return fmt.Sprintf("completed=%t", *options.Completed)
}
