package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// cursor is a place in a list: the last row of a page. It holds nothing that
// is not bound to a statement, so a forged one shows its maker nothing but
// another place in their own list.
type cursor struct {
	// List is a digest of the order and the filters it belongs to.
	List []byte `json:"l"`
	// Key is the row's place in the order, ID its id.
	Key string    `json:"k"`
	ID  uuid.UUID `json:"i"`
}

// String returns the cursor as clients carry it: opaque and safe in a URL.
func (c cursor) String() string {
	data, err := json.Marshal(c)
	if err != nil {
		panic(err) // bytes and strings can always be encoded
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func cursorAfter(row *listRow, options taskapi.ListTasksOptions) cursor {
	return cursor{List: listDigest(options), Key: orders[options.Sort].key(row), ID: row.ID}
}

// parseCursor reads the cursor of a list's query. It returns nil without one,
// and [ErrInvalidCursor] for one that was not made for this order and these
// filters.
func parseCursor(options taskapi.ListTasksOptions) (*cursor, error) {
	if options.Cursor == "" {
		return nil, nil
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(options.Cursor)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidCursor, err)
	}
	var c cursor
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidCursor, err)
	}
	if !bytes.Equal(c.List, listDigest(options)) {
		return nil, fmt.Errorf("%w: made for another list", ErrInvalidCursor)
	}
	return &c, nil
}

// listDigest names everything of a list's query that decides which tasks it
// holds and in which order.
func listDigest(options taskapi.ListTasksOptions) []byte {
	options.Cursor, options.Limit = "", 0
	if options.Sort == "" {
		options.Sort = taskapi.NewestFirst
	}
	data, err := json.Marshal(options)
	if err != nil {
		panic(err) // times within four digits of a year can always be encoded
	}
	sum := sha256.Sum256(data)
	return sum[:8]
}
