package store

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
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
	wire:       (*listRow).list,
	setContent: (*listRow).setContent,
	example:    taskapi.ReplaceListRequest{Name: "probe"},
	follow:     followList,
	maximum:    taskapi.MaxLists,
	list:       listLists,
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

var listOrder = order[listRow]{
	expression: "position",
	key:        func(r *listRow) string { return r.Position },
	value:      parsePosition,
}

// listLists describes the page of lists that the options select.
func listLists(query any) (list[listRow], error) {
	options := query.(taskapi.ListListsOptions)
	l := list[listRow]{by: listOrder, cursor: options.Cursor, limit: options.Limit, planned: !options.Deleted}
	options.Cursor, options.Limit = "", 0
	l.digest = listDigest(options)
	l.filter = func(q *bun.SelectQuery, b *bound) {
		filterDeleted(q, options.Deleted)
		if options.Archived != nil {
			q.Where("archived = " + b.arg(*options.Archived))
		}
	}
	return l, nil
}
