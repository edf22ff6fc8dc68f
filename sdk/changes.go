package sdk

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// ChangePage is one page of the user's changes.
type ChangePage struct {
	// Changes are in the order of their numbers; never nil.
	Changes []taskapi.Change
	// Meta says where the page stands.
	Meta taskapi.ChangesMeta
}

// ListChanges returns one page of what has changed after a number.
// [Client.Changes] goes through all pages. It fails with [ErrCursorExpired] if
// the number is so old that some of the changes are no longer known: everything
// must then be listed again.
func (c *Client) ListChanges(ctx context.Context, options taskapi.ListChangesOptions, opts ...CallOption) (ChangePage, error) {
	query := make(url.Values)
	if options.Cursor != "" {
		query.Set("cursor", options.Cursor)
	} else if options.After != 0 {
		query.Set("after", strconv.FormatInt(options.After, 10))
	}
	if options.Limit != 0 {
		query.Set("limit", strconv.Itoa(options.Limit))
	}
	out, err := do[changesAnswer](ctx, c, request{operation: "listChanges", method: http.MethodGet, path: "/api/changes", query: query}, opts)
	return ChangePage{Changes: out.Data, Meta: out.Meta}, err
}

// Changes goes through what has changed after options.After, up to now, fetching
// a page of options.Limit changes whenever the one before is used up. From zero it
// goes through every resource there is, also in the trash. After an error, which
// comes with the zero Change, it ends. [Client.Watch] goes on with what changes
// from now on.
//
// A resource that has changed several times is there once, as it is now, at its
// latest number. Changes of kinds that this version does not know are among
// them: skip those whose [taskapi.Change.Kind] the program does not handle.
func (c *Client) Changes(ctx context.Context, options taskapi.ListChangesOptions, opts ...CallOption) iter.Seq2[taskapi.Change, error] {
	return pages("listChanges", options.Cursor, func(cursor string) ([]taskapi.Change, *string, error) {
		query := options
		query.Cursor = cursor
		page, err := c.ListChanges(ctx, query, opts...)
		if err != nil || !page.Meta.HasMore {
			return page.Changes, nil, err
		}
		return page.Changes, &page.Meta.NextCursor, nil
	})
}

// pages goes through the items of all pages from a cursor on. fetch returns the
// page at a cursor, and the cursor of the next one or nil.
func pages[T any](operation, first string, fetch func(string) ([]T, *string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for cursor := first; ; {
			items, next, err := fetch(cursor)
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if err == nil && next != nil && *next == cursor {
				// A cache that ignores the query would make this endless.
				err = &Error{Operation: operation, Message: "the list goes on with the same page"}
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			if next == nil {
				return
			}
			cursor = *next
		}
	}
}

type changesAnswer struct{ taskapi.ChangeListResponse }

func (a changesAnswer) complete(*request) bool {
	return a.Success && a.Data != nil && !slices.ContainsFunc(a.Data, incomplete)
}

// incomplete reports whether a change lacks what every change has, of whatever
// kind. An erased resource has the data null.
func incomplete(c taskapi.Change) bool {
	return c.Seq <= 0 || c.Kind == "" || c.ID == "" || c.Data == nil
}
