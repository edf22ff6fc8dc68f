package sdk_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// respondChanges returns a handler that responds with a page of changes that have these
// numbers.
func respondChanges(more bool, seqs ...int64) http.HandlerFunc {
	response := taskapi.ChangeListResponse{Success: true, Data: []taskapi.Change{}, Meta: taskapi.ChangesMeta{HasMore: more}}
	for _, seq := range seqs {
		response.Data = append(response.Data, taskapi.Change{Seq: seq, Kind: taskapi.KindTask, ID: "x", Data: json.RawMessage("null")})
		response.Meta.NextCursor = strconv.FormatInt(seq, 10)
	}
	return respond(http.StatusOK, response)
}

func TestListChanges_SendsItsOptions(t *testing.T) {
	t.Parallel()
	for uri, options := range map[string]taskapi.ListChangesOptions{
		"/api/changes":                   {},
		"/api/changes?after=184&limit=3": {After: 184, Limit: 3},
		"/api/changes?after=-1":          {After: -1},
		"/api/changes?cursor=3-9":        {After: 2, Cursor: "3-9"},
	} {
		s := serve(t, respondChanges(true, 185))
		page, err := s.client(t).ListChanges(t.Context(), options)
		want := sdk.ChangePage{
			Changes: []taskapi.Change{{Seq: 185, Kind: taskapi.KindTask, ID: "x", Data: json.RawMessage("null")}},
			Meta:    taskapi.ChangesMeta{NextCursor: "185", HasMore: true},
		}
		if err != nil || !reflect.DeepEqual(page, want) {
			t.Errorf("got %+v, %v, want %+v", page, err, want)
		}
		if got := s.received()[0]; got.method != "GET" || got.uri != uri {
			t.Errorf("sent %s %s, want GET %s", got.method, got.uri, uri)
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		responses []http.HandlerFunc
		want      []int64
		uris      []string
		wantErr   string // part of the error
	}{
		{
			name:      "iterates over all pages",
			responses: []http.HandlerFunc{respondChanges(true, 3, 5), respondChanges(true, 6), respondChanges(false, 9)},
			want:      []int64{3, 5, 6, 9},
			uris:      []string{"?after=2&limit=2", "?cursor=5&limit=2", "?cursor=6&limit=2"},
		},
		{
			name:      "ends at an error",
			responses: []http.HandlerFunc{respondChanges(true, 3), respondProblem(taskapi.CodeCursorExpired)},
			want:      []int64{3},
			uris:      []string{"?after=2&limit=2", "?cursor=3&limit=2"},
			wantErr:   string(taskapi.CodeCursorExpired),
		},
		{
			name:      "fails if a cursor repeats",
			responses: []http.HandlerFunc{respondChanges(true, 3)},
			want:      []int64{3, 3},
			uris:      []string{"?after=2&limit=2", "?cursor=3&limit=2"},
			wantErr:   "the next page is the same page",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tt.responses...)
			var got []int64
			message := ""
			for change, err := range s.client(t).Changes(t.Context(), taskapi.ListChangesOptions{After: 2, Limit: 2}) {
				if err != nil {
					message = err.Error()
					continue
				}
				got = append(got, change.Seq)
			}
			if !slices.Equal(got, tt.want) || !strings.Contains(message, tt.wantErr) || tt.wantErr == "" && message != "" {
				t.Errorf("got %d and the error %q, want %d and %q", got, message, tt.want, tt.wantErr)
			}
			var uris []string
			for _, request := range s.received() {
				uris = append(uris, request.uri[len("/api/changes"):])
			}
			if !slices.Equal(uris, tt.uris) {
				t.Errorf("sent %q, want %q", uris, tt.uris)
			}
		})
	}
	t.Run("reads no page in advance", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondChanges(true, 3, 5))
		for _, err := range s.client(t).Changes(t.Context(), taskapi.ListChangesOptions{}) {
			if err != nil {
				t.Error(err)
			}
			break
		}
		if len(s.received()) != 1 {
			t.Errorf("sent %+v, want one request", s.received())
		}
	})
}

func TestChanges_ReturnsUnknownKinds(t *testing.T) {
	t.Parallel()
	const page = `{"success":true,"data":[
		{"seq":3,"kind":"plan","id":"p","data":{"steps":[1,2]},"from":"the future"},
		{"seq":4,"kind":"plan","id":"q","data":null},
		{"seq":5,"kind":"task","id":"x","data":null}],"meta":{"nextCursor":"5","hasMore":false}}`
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page)) })
	var got []string
	for change, err := range s.client(t).Changes(t.Context(), taskapi.ListChangesOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(change.Kind)+" "+change.ID+" "+string(change.Data))
		if task, err := change.Task(); err == nil {
			t.Errorf("got the task %+v", task)
		}
	}
	if want := []string{`plan p {"steps":[1,2]}`, "plan q null", "task x null"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestListChanges_RejectsIncompleteChanges(t *testing.T) {
	t.Parallel()
	for _, change := range []string{
		`{"kind":"task","id":"x","data":null}`, `{"seq":3,"id":"x","data":null}`,
		`{"seq":3,"kind":"task","data":null}`, `{"seq":3,"kind":"task","id":"x"}`, `null`,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"success":true,"data":[` + change + `],"meta":{"nextCursor":"5","hasMore":false}}`))
		})
		if page, err := s.client(t).ListChanges(t.Context(), taskapi.ListChangesOptions{}); err == nil {
			t.Errorf("%s was accepted as %+v", change, page)
		}
	}
}
