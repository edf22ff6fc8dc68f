package sdk

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

const listsPath = "/api/lists"

// ListPage is one page of the user's lists.
type ListPage struct {
	// Lists are the lists of the page, in their manual order; never nil.
	Lists []taskapi.List
	// Meta has the position of the page. Its NextCursor, for
	// [taskapi.ListListsOptions], is nil on the last page.
	Meta taskapi.ListMeta
}

// CreateList creates a list of the user and returns it. It fails with [ErrTooManyLists]
// if the user has [taskapi.MaxLists] already.
func (c *Client) CreateList(ctx context.Context, list taskapi.CreateListRequest, opts ...CallOption) (taskapi.List, error) {
	return one[taskapi.List](ctx, c, request{operation: "createList", method: http.MethodPost, path: listsPath, body: list}, opts)
}

// ListLists returns one page of the user's lists. [Client.Lists] iterates over all
// pages.
func (c *Client) ListLists(ctx context.Context, options taskapi.ListListsOptions, opts ...CallOption) (ListPage, error) {
	query := make(url.Values)
	if options.Archived != nil {
		query.Set("archived", strconv.FormatBool(*options.Archived))
	}
	set(query, "deleted", options.Deleted)
	set(query, "limit", options.Limit)
	set(query, "cursor", options.Cursor)
	out, err := do[pageEnvelope[taskapi.List]](ctx, c, request{operation: "listLists", method: http.MethodGet, path: listsPath, query: query}, opts)
	return ListPage{Lists: out.Data, Meta: out.Meta}, err
}

// Lists iterates over the user's lists from options.Cursor to the last page, as
// [Client.Tasks] does.
func (c *Client) Lists(ctx context.Context, options taskapi.ListListsOptions, opts ...CallOption) iter.Seq2[taskapi.List, error] {
	return pages("listLists", options.Cursor, func(cursor string) ([]taskapi.List, *string, error) {
		query := options
		query.Cursor = cursor
		page, err := c.ListLists(ctx, query, opts...)
		return page.Lists, page.Meta.NextCursor, err
	})
}

// GetList returns the list with this id, also from the trash. It fails with
// [ErrListNotFound] if the user has no such list, and with [IfNoneMatch] with
// [ErrNotModified] if the list has not changed since that version.
func (c *Client) GetList(ctx context.Context, id string, opts ...CallOption) (taskapi.List, error) {
	return byID[taskapi.List](ctx, c, id, request{operation: "getList", method: http.MethodGet, path: listsPath}, opts)
}

// ReplaceList replaces the content of the list and returns the list. With [IfMatch]
// it fails with [ErrVersionConflict] if the list has changed meanwhile.
func (c *Client) ReplaceList(ctx context.Context, id string, list taskapi.ReplaceListRequest, opts ...CallOption) (taskapi.List, error) {
	return byID[taskapi.List](ctx, c, id, request{operation: "replaceList", method: http.MethodPut, path: listsPath, body: list}, opts)
}

// UpdateList changes the fields that are set, by [taskapi.Some] or
// [taskapi.Null], and returns the whole list. With [IfMatch] it fails with
// [ErrVersionConflict] if the list has changed meanwhile.
func (c *Client) UpdateList(ctx context.Context, id string, changes taskapi.UpdateListRequest, opts ...CallOption) (taskapi.List, error) {
	return byID[taskapi.List](ctx, c, id, request{operation: "updateList", method: http.MethodPatch, path: listsPath, body: changes, contentType: typeMergePatch}, opts)
}

// DeleteList moves the list to the trash, with its tasks, and returns it in its new state.
// With [IfMatch] it fails with [ErrVersionConflict] if the list has changed meanwhile.
func (c *Client) DeleteList(ctx context.Context, id string, opts ...CallOption) (taskapi.List, error) {
	return byID[taskapi.List](ctx, c, id, request{operation: "deleteList", method: http.MethodDelete, path: listsPath}, opts)
}

// RestoreList takes the list out of the trash, with the tasks that were deleted with
// it, and returns it. It fails with [ErrListNotFound] if the list is not in the
// trash, and with [ErrTooManyLists] if the user has [taskapi.MaxLists] others.
func (c *Client) RestoreList(ctx context.Context, id string, opts ...CallOption) (taskapi.List, error) {
	return byID[taskapi.List](ctx, c, id, request{operation: "restoreList", method: http.MethodPost, path: listsPath, suffix: "/restore"}, opts)
}

// MoveList moves the list to another place of the manual order and returns it, as
// [Client.MoveTask] does with a task.
func (c *Client) MoveList(ctx context.Context, id string, to taskapi.MoveListRequest, opts ...CallOption) (taskapi.List, error) {
	return byID[taskapi.List](ctx, c, id, request{operation: "moveList", method: http.MethodPost, path: listsPath, suffix: "/move", body: to}, opts)
}

// EraseList deletes the list permanently, from the trash or outside it, with all its
// tasks, including those in the trash, and returns its last state. With [IfMatch] it fails
// with [ErrVersionConflict] if the list has changed meanwhile.
func (c *Client) EraseList(ctx context.Context, id string, opts ...CallOption) (taskapi.List, error) {
	return byID[taskapi.List](ctx, c, id, request{operation: "deleteList", method: http.MethodDelete, path: listsPath, query: url.Values{"permanent": {"true"}}}, opts)
}
