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

const changesPath = "/api/changes"

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
	if options.After != 0 {
		query.Set("after", strconv.FormatInt(options.After, 10))
	}
	if options.Limit != 0 {
		query.Set("limit", strconv.Itoa(options.Limit))
	}
	var out changesAnswer
	err := c.call(ctx, request{
		operation: "listChanges",
		method:    http.MethodGet,
		path:      changesPath,
		query:     query,
	}, &out, opts)
	if err != nil {
		return ChangePage{}, err
	}
	return ChangePage{Changes: out.Data, Meta: out.Meta}, nil
}

// Changes goes through what has changed after options.After, up to now,
// fetching a page of options.Limit changes whenever the one before is used up.
// After an error, which comes with the zero Change, it ends. [Client.Watch]
// goes on with what changes from now on.
//
// A resource that has changed several times is there once, as it is now, at its
// latest number. Changes of kinds that this version does not know are among
// them: skip those whose [taskapi.Change.Kind] the program does not handle.
func (c *Client) Changes(ctx context.Context, options taskapi.ListChangesOptions, opts ...CallOption) iter.Seq2[taskapi.Change, error] {
	return func(yield func(taskapi.Change, error) bool) {
		query := options
		for {
			page, err := c.ListChanges(ctx, query, opts...)
			if err != nil {
				yield(taskapi.Change{}, err)
				return
			}
			for _, change := range page.Changes {
				if !yield(change, nil) {
					return
				}
			}
			if !page.Meta.HasMore {
				return
			}
			if page.Meta.NextCursor <= query.After {
				yield(taskapi.Change{}, &Error{Operation: "listChanges", Message: "the changes go on with the same page"})
				return
			}
			query.After = page.Meta.NextCursor
		}
	}
}

type changesAnswer struct{ taskapi.ChangeListResponse }

func (a *changesAnswer) complete() bool {
	return a.Success && a.Data != nil && !slices.ContainsFunc(a.Data, incomplete)
}

// incomplete reports whether a change lacks what every change has, of whatever
// kind. An erased resource has the data null.
func incomplete(c taskapi.Change) bool {
	return c.Seq <= 0 || c.Kind == "" || c.ID == "" || c.Data == nil
}
