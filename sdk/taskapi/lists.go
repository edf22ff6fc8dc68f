package taskapi

import "time"

// KindList is the kind of a [List].
const KindList Kind = "list"

// ListOperations makes the batch operations on lists.
var ListOperations = Operations[CreateListRequest, ReplaceListRequest, UpdateListRequest, MoveListRequest]{KindList}

// ListListResponse is the response of listLists.
type ListListResponse = PageResponse[List]

// List decodes the resource as a list. It fails for another kind.
func (r Resource) List() (List, error) { return decodeAs[List](KindList, r.Kind, r.Data) }

// List decodes the list. It fails for another kind, and with [ErrErased] if the
// list has been erased.
func (c Change) List() (List, error) { return decodeChange[List](KindList, c) }

// MaxLists is the maximum number of a user's lists outside the trash.
const MaxLists = 500

// MaxNameLength is the maximum length of a list's name, in Unicode code points.
const MaxNameLength = 200

// Color is the color of a list.
type Color string

// The colors of lists.
const (
	Red    Color = "red"
	Orange Color = "orange"
	Yellow Color = "yellow"
	Green  Color = "green"
	Teal   Color = "teal"
	Blue   Color = "blue"
	Purple Color = "purple"
	Pink   Color = "pink"
	Brown  Color = "brown"
	Gray   Color = "gray"
)

// List is a list of tasks. Every response has every field; a nil pointer is the JSON null.
type List struct {
	ID        string     `json:"id" format:"uuid" doc:"Set by the server. Ids sort by creation (UUID version 7)." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Name      string     `json:"name" maxLength:"200" doc:"The list's name. Empty only in a replayed response about a list that has been erased since." example:"Garden"`
	Color     *Color     `json:"color" enum:"red,orange,yellow,green,teal,blue,purple,pink,brown,gray" doc:"The list's color; null without one." example:"green"`
	Archived  bool       `json:"archived" doc:"Whether the list is archived: its tasks are then left out of the agenda, the counts and lists of tasks, except lists of this listId." example:"false"`
	Position  string     `json:"position" doc:"The list's place in the manual order: compare positions byte by byte, then ids. Opaque: moveList changes it. A new list is last." example:"01c8yEZu2NQTy5qKs5kRVp"`
	Version   int64      `json:"version" minimum:"1" doc:"Increases with every change of this list; also its ETag." example:"1"`
	CreatedAt time.Time  `json:"createdAt" example:"2026-11-23T08:00:00Z"`
	UpdatedAt time.Time  `json:"updatedAt" example:"2026-11-23T08:00:00Z"`
	DeletedAt *time.Time `json:"deletedAt" doc:"When the list was moved to the trash; null outside it." example:"2026-11-24T08:00:00Z"`
}

// CreateListRequest is the body of createList. A zero field is left out of the
// JSON and takes its default.
type CreateListRequest struct {
	Name     string `json:"name" minLength:"1" maxLength:"200" doc:"The list's name. Surrounding white space is removed." example:"Garden"`
	Color    *Color `json:"color,omitempty" nullable:"true" enum:"red,orange,yellow,green,teal,blue,purple,pink,brown,gray" doc:"The list's color; null or absent for none." example:"green"`
	Archived bool   `json:"archived,omitzero" doc:"Whether the list is archived. False by default." example:"false"`
}

// ReplaceListRequest is the body of replaceList: the whole new content. A field left
// out takes its default.
type ReplaceListRequest CreateListRequest

// UpdateListRequest is the body of updateList, a JSON merge patch (RFC 7396): a
// field left out keeps its value. Only Color may be null, which removes it.
type UpdateListRequest struct {
	Name     Optional[string] `json:"name,omitzero" minLength:"1" maxLength:"200" doc:"The list's name. Surrounding white space is removed." example:"Garden"`
	Color    Optional[*Color] `json:"color,omitzero" nullable:"true" enum:"red,orange,yellow,green,teal,blue,purple,pink,brown,gray" doc:"The list's color; null removes it." example:"green"`
	Archived Optional[bool]   `json:"archived,omitzero" doc:"Whether the list is archived." example:"true"`
}

// MoveListRequest is the body of moveList: the new place of the list in the manual
// order. One of After and Before is set.
type MoveListRequest struct {
	After  Optional[*string] `json:"after,omitzero" format:"uuid" nullable:"true" doc:"Places the list after this one; null places it first." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Before Optional[*string] `json:"before,omitzero" format:"uuid" nullable:"true" doc:"Places the list before this one; null places it last." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
}

// ListListsOptions is the query of listLists. A zero field does not filter.
type ListListsOptions struct {
	// Archived selects archived (true) or other (false) lists.
	Archived *bool
	// Deleted selects the lists in the trash instead of those outside it.
	Deleted bool
	// Limit is the number of lists on a page, from 1 to [MaxListLimit]; zero
	// means [DefaultListLimit].
	Limit int
	// Cursor is [ListMeta.NextCursor] of the previous page. It is valid only with the
	// same filters.
	Cursor string
}
