package sdktest

import (
	"slices"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// createLists adds lists with these names.
func (s *subject) createLists(names ...string) []taskapi.List {
	s.Helper()
	var lists []taskapi.List
	for _, name := range names {
		list, err := s.client.CreateList(s.Context(), taskapi.CreateListRequest{Name: name})
		s.ok(err)
		lists = append(lists, list)
	}
	return lists
}

// names returns the names of the lists that pass some filters, in order.
func (s *subject) names(options taskapi.ListListsOptions) []string {
	s.Helper()
	names := []string{}
	for list, err := range s.client.Lists(s.Context(), options) {
		s.ok(err)
		names = append(names, list.Name)
	}
	return names
}

var listsCases = []contractCase{
	{"lists are in the manual order, new ones last", func(s *subject) {
		lists := s.createLists("a", "b", "c")
		s.must(s.client.MoveList(s.Context(), lists[2].ID, taskapi.MoveListRequest{After: taskapi.Null[string]()}))
		s.createLists("d")
		if got := s.names(taskapi.ListListsOptions{Limit: 3}); !slices.Equal(got, []string{"c", "a", "b", "d"}) {
			s.Errorf("the lists are %q, want c, a, b, d", got)
		}
	}},
	{"lists can be filtered", func(s *subject) {
		lists := s.createLists("a", "b", "c", "d")
		s.must(s.client.UpdateList(s.Context(), lists[1].ID, taskapi.UpdateListRequest{Archived: taskapi.Some(true)}))
		s.must(s.client.DeleteList(s.Context(), lists[2].ID))
		for _, tt := range []struct {
			options taskapi.ListListsOptions
			want    []string
		}{
			{taskapi.ListListsOptions{Limit: 2}, []string{"a", "b", "d"}},
			{taskapi.ListListsOptions{Archived: new(true)}, []string{"b"}},
			{taskapi.ListListsOptions{Archived: new(false)}, []string{"a", "d"}},
			{taskapi.ListListsOptions{Deleted: true}, []string{"c"}},
			{taskapi.ListListsOptions{Deleted: true, Archived: new(true)}, []string{}},
		} {
			if got := s.names(tt.options); !slices.Equal(got, tt.want) {
				s.Errorf("%s: got %q, want %q", inJSON(tt.options), got, tt.want)
			}
		}
	}},
	{"a color is set and removed", func(s *subject) {
		list, err := s.client.CreateList(s.Context(), taskapi.CreateListRequest{Name: " Garden\n", Color: new(taskapi.Green)})
		s.ok(err)
		if list.Name != "Garden" || list.Color == nil || *list.Color != taskapi.Green {
			s.Errorf("the list is %s, want the name Garden and the color green", inJSON(list))
		}
		list, err = s.client.UpdateList(s.Context(), list.ID, taskapi.UpdateListRequest{Color: taskapi.Null[taskapi.Color]()})
		s.ok(err)
		if list.Color != nil {
			s.Errorf("the list is %s, want no color", inJSON(list))
		}
	}},
	{"a user has at most 500 lists outside the trash", func(s *subject) {
		var operations []taskapi.BatchOperation
		for range taskapi.MaxBatchOperations {
			operations = append(operations, taskapi.ListOperations.Create(taskapi.CreateListRequest{Name: "one of many"}))
		}
		for range taskapi.MaxLists / taskapi.MaxBatchOperations {
			s.must(s.client.Batch(s.Context(), operations))
		}
		s.fails(errorOf(s.client.CreateList(s.Context(), taskapi.CreateListRequest{Name: "one more"})), sdk.ErrTooManyLists)
		s.fails(errorOf(s.client.CreateList(s.Context(), taskapi.CreateListRequest{Name: "one more"}, sdk.WithIdempotencyKey("key"))), sdk.ErrTooManyLists)
		page, err := s.client.ListLists(s.Context(), taskapi.ListListsOptions{Limit: 1})
		s.ok(err)
		id := page.Lists[0].ID
		swap := []taskapi.BatchOperation{taskapi.ListOperations.Delete(id, 0), operations[0]}
		s.must(s.client.Batch(s.Context(), swap))
		s.fails(errorOf(s.client.RestoreList(s.Context(), id)), sdk.ErrTooManyLists)
		_, err = s.client.Batch(s.Context(), []taskapi.BatchOperation{taskapi.ListOperations.Erase(id, 0), operations[0]})
		s.failsAt(err, sdk.ErrTooManyLists, field422("operations[1]", taskapi.FieldTooMany))
		if n := len(s.names(taskapi.ListListsOptions{Limit: taskapi.MaxListLimit})); n != taskapi.MaxLists {
			s.Errorf("there are %d lists", n)
		}
	}},
}
