package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

var (
	// ErrListNotFound is the [ErrNotFound] of lists.
	ErrListNotFound = fmt.Errorf("list %w", ErrNotFound)
	// ErrTooManyLists is the [ErrTooMany] of lists.
	ErrTooManyLists = fmt.Errorf("%w: lists", ErrTooMany)
)

// listRow is a row of tasklane.lists.
type listRow struct {
	bun.BaseModel `bun:"table:tasklane.lists,alias:l"`
	meta
	ordered

	Name     string         `bun:"name"`
	Color    *taskapi.Color `bun:"color"`
	Archived bool           `bun:"archived"`
}

var lists = define(&definition[listRow, taskapi.List, taskapi.ReplaceListRequest, taskapi.UpdateListRequest]{
	name:       taskapi.KindList,
	missing:    ErrListNotFound,
	wire:       (*listRow).list,
	setContent: (*listRow).setContent,
	example:    taskapi.ReplaceListRequest{Name: "probe"},
	follow:     followList,
	maximum:    taskapi.MaxLists,
	tooMany:    ErrTooManyLists,
})

// list returns the row as its wire type.
func (r *listRow) list() taskapi.List {
	return taskapi.List{
		ID:        r.ID.String(),
		Name:      r.Name,
		Color:     r.Color,
		Archived:  r.Archived,
		Position:  r.Position,
		Version:   r.Version,
		CreatedAt: r.CreatedAt,
		UpdatedAt: r.UpdatedAt,
		DeletedAt: r.DeletedAt,
	}
}

// setContent sets the row to a validated content.
func (r *listRow) setContent(c taskapi.ReplaceListRequest, _ time.Time) {
	r.Name = c.Name
	r.Color = c.Color
	r.Archived = c.Archived
}

// ListPage is a page of lists.
type ListPage struct {
	Lists []taskapi.List
	// NextCursor is the cursor of the next page; it is empty on the last one.
	NextCursor string
	// Changes is as in [TaskPage].
	Changes int64
}

var listOrder = order[listRow]{
	expression: "position",
	key:        func(r *listRow) string { return r.Position },
	value:      parsePosition,
}

// ListLists returns a page of the lists that pass the filters, or
// [ErrInvalidCursor]. The limit must be positive.
func (s *Store) ListLists(ctx context.Context, user string, options taskapi.ListListsOptions) (ListPage, error) {
	l := list[listRow]{by: listOrder, cursor: options.Cursor, limit: options.Limit, planned: !options.Deleted}
	options.Cursor, options.Limit = "", 0
	l.digest = listDigest(options)
	l.filter = func(q *bun.SelectQuery, b *bound) {
		if options.Deleted {
			q.Where("deleted_at IS NOT NULL")
		} else {
			q.Where("deleted_at IS NULL")
		}
		if options.Archived != nil {
			q.Where("archived = ?", b.arg(*options.Archived))
		}
	}
	page, err := lists.list(ctx, s, user, l)
	if err != nil {
		return ListPage{}, fmt.Errorf("list lists: %w", err)
	}
	return ListPage{page.resources, page.nextCursor, page.changes}, nil
}
