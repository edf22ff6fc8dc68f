package sdktest

import (
	"net/http"
	"net/url"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// lists is the kind of task lists.
func lists() *kind {
	return many[taskapi.List](taskapi.ListOperations, kind{
		name: taskapi.KindList, title: "List", path: "/api/lists", maximum: taskapi.MaxLists,
		routes: []route{{
			operation: "listLists", method: http.MethodGet, path: "/api/lists", read: (*Server).listLists,
			parameters: []string{"archived", "deleted", "limit", "cursor"},
		}},
	})
}

// listListsOptions reads the query of listLists.
func listListsOptions(query url.Values) (taskapi.ListListsOptions, *problem) {
	options := taskapi.ListListsOptions{Cursor: query.Get("cursor")}
	limit := int64(taskapi.DefaultListLimit)
	var f fieldErrors
	f.optionalBoolean(query, "archived", &options.Archived)
	f.boolean(query, "deleted", &options.Deleted)
	f.number(query, "limit", &limit, 1, taskapi.MaxListLimit)
	options.Limit = int(limit)
	return options, f.problem()
}

func (s *Server) listLists(c *call) (*reply, *problem) {
	options, p := listListsOptions(c.request.URL.Query())
	if p != nil {
		return nil, p
	}
	query := options
	query.Cursor, query.Limit = "", 0
	return c.list(listing{
		query: query,
		matches: func(r resource) bool {
			list, isList := r.wire().(taskapi.List)
			return isList && options.Deleted == (list.DeletedAt != nil) && (options.Archived == nil || *options.Archived == list.Archived)
		},
		key:    func(e entry) string { return e.position() },
		cursor: options.Cursor,
		limit:  options.Limit,
	})
}
