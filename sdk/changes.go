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
	// Changes are in ascending order of their numbers; never nil.
	Changes []taskapi.Change
	// Meta has the cursor of the next page.
	Meta taskapi.ChangesMeta
}

// ListChanges returns one page of the changes after a number. It fails with
// [ErrCursorExpired] if the number is so old that changes after it have been removed; then
// read all resources again. [Client.Changes] iterates over all pages.
func (c *Client) ListChanges(ctx context.Context, options taskapi.ListChangesOptions, opts ...CallOption) (ChangePage, error) {
	query := make(url.Values)
	if options.Cursor != "" {
		query.Set("cursor", options.Cursor)
	} else if options.After != 0 {
		query.Set("after", strconv.FormatInt(options.After, 10))
	}
	set(query, "limit", options.Limit)
	out, err := do[changesEnvelope](ctx, c, request{operation: "listChanges", method: http.MethodGet, path: "/api/changes", query: query}, opts)
	return ChangePage{Changes: out.Data, Meta: out.Meta}, err
}

// Changes iterates over the changes after options.After, up to now. It reads
// options.Limit changes per request. From zero it returns every resource, including
// those in the trash. An error comes with the zero Change and ends the iteration.
// [Client.Watch] also waits for later changes.
//
// A resource that changed several times is returned once, in its current state, at its
// latest number. Changes of kinds that this version does not know are included: skip
// those whose [taskapi.Change.Kind] the program does not handle.
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

// pages iterates over the items of all pages from a cursor on. fetch returns the page at
// a cursor, and the next cursor or nil.
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
				// With a cache that ignores the query, this loop would not end.
				err = &Error{Operation: operation, Message: "the next page is the same page"}
			}
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			if next == nil {
				return
			}
			cursor = *next
		}
	}
}

type changesEnvelope struct{ taskapi.ChangeListResponse }

func (e changesEnvelope) complete(*request) bool {
	return e.Success && e.Data != nil && !slices.ContainsFunc(e.Data, incomplete)
}

// incomplete reports whether a change lacks a field that every kind has. The data of an
// erased resource is null.
func incomplete(c taskapi.Change) bool {
	return c.Seq <= 0 || c.Kind == "" || c.ID == "" || c.Data == nil
}
