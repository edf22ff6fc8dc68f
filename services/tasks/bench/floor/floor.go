// Package floor is a task service written only for speed, with which the real one is
// compared. It uses net/http, pgx with prepared statements and encoding/json, and responds
// with the same bytes, but has no tokens, row-level security, validation, limits, metrics or
// logs.
package floor

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/sdk/taskapi/position"
)

// UserHeader names the user, without authentication.
const UserHeader = "X-User"

const (
	columns = "id, title, description, completed_at, priority, due_at, due_on, tags, list_id, parent_id, recurrence, recurrence_from, next_id, position, version, created_at, updated_at, deleted_at"
	listSQL = "SELECT " + columns + `, (SELECT seq FROM tasklane.user_state WHERE user_id = $1)
		FROM tasklane.tasks WHERE user_id = $1 AND deleted_at IS NULL`
	afterSQL  = " AND id < $3"
	searchSQL = " AND (completed_at IS NOT NULL) = $3 AND words @@ $4::tsquery"
	orderSQL  = " ORDER BY id DESC LIMIT $2"
	getSQL    = "SELECT " + columns + " FROM tasklane.tasks WHERE user_id = $1 AND id = $2"
	insertSQL = `INSERT INTO tasklane.tasks
		(user_id, id, seq, version, title, description, priority, tags, position, created_at, updated_at, title_key, words)
		VALUES ($1, $2, 0, 1, $3, $4, $5, $6, $7, now(), now(), '', '') RETURNING ` + columns
	updateSQL = `UPDATE tasklane.tasks SET title = $3, version = version + 1, updated_at = now()
		WHERE user_id = $1 AND id = $2 RETURNING ` + columns
	changesSQL = "SELECT " + columns + ", seq FROM tasklane.tasks WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
)

type server struct{ pool *pgxpool.Pool }

// New returns the floor's handler.
func New(pool *pgxpool.Pool) http.Handler {
	s := server{pool}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/tasks", s.list)
	mux.HandleFunc("POST /api/tasks", s.create)
	mux.HandleFunc("GET /api/changes", s.changes)
	mux.HandleFunc("GET /api/tasks/{id}", s.get)
	mux.HandleFunc("PATCH /api/tasks/{id}", s.update)
	return mux
}

func (s server) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	limit := taskapi.DefaultListLimit
	if n, err := strconv.Atoi(query.Get("limit")); err == nil {
		limit = n
	}
	sql, args := listSQL, []any{r.Header.Get(UserHeader), limit + 1}
	switch {
	case query.Get("q") != "":
		sql, args = listSQL+searchSQL, append(args, query.Get("completed") == "true", "'"+query.Get("q")+"':*")
	case query.Get("cursor") != "":
		c, err := parseCursor(query.Get("cursor"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		sql, args = listSQL+afterSQL, append(args, c.ID)
	}
	body := taskapi.TaskListResponse{Success: true, Data: make([]taskapi.Task, 0, limit+1)}
	err := s.query(r.Context(), sql+orderSQL, args, func(rows pgx.Rows) error {
		t, err := scan(rows, &body.Meta.Changes)
		body.Data = append(body.Data, t)
		return err
	})
	if len(body.Data) > limit {
		body.Data = body.Data[:limit]
		body.Meta.NextCursor = new(cursorAfter(&body.Data[limit-1]))
	}
	respond(w, http.StatusOK, body, err)
}

func (s server) get(w http.ResponseWriter, r *http.Request) {
	s.respondOne(w, r, http.StatusOK, getSQL, r.Header.Get(UserHeader), r.PathValue("id"))
}

func (s server) create(w http.ResponseWriter, r *http.Request) {
	var req taskapi.CreateTaskRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id, err := uuid.NewV7()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if req.Tags == nil {
		req.Tags = []string{}
	}
	w.Header().Set("Location", "/api/tasks/"+id.String())
	s.respondOne(w, r, http.StatusCreated, insertSQL,
		r.Header.Get(UserHeader), [16]byte(id), req.Title, req.Description, rank(req.Priority), req.Tags, position.Of(id))
}

func (s server) update(w http.ResponseWriter, r *http.Request) {
	var req taskapi.UpdateTaskRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.respondOne(w, r, http.StatusOK, updateSQL, r.Header.Get(UserHeader), r.PathValue("id"), req.Title.Value)
}

// respondOne responds with the task that a statement returns.
func (s server) respondOne(w http.ResponseWriter, r *http.Request, status int, sql string, args ...any) {
	var task taskapi.Task
	found := false
	err := s.query(r.Context(), sql, args, func(rows pgx.Rows) (err error) {
		found = true
		task, err = scan(rows)
		return err
	})
	if err == nil && !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", `"`+strconv.FormatInt(task.Version, 10)+`"`)
	respond(w, status, taskapi.TaskResponse{Success: true, Data: task}, err)
}

func (s server) changes(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	const limit = taskapi.DefaultListLimit
	body := taskapi.ChangeListResponse{Success: true, Data: make([]taskapi.Change, 0, limit+1)}
	err := s.query(r.Context(), changesSQL, []any{r.Header.Get(UserHeader), after, limit + 1}, func(rows pgx.Rows) error {
		var seq int64
		t, err := scan(rows, &seq)
		if err != nil {
			return err
		}
		data, err := json.Marshal(t)
		body.Data = append(body.Data, taskapi.Change{Seq: seq, Kind: taskapi.KindTask, ID: t.ID, Data: data})
		return err
	})
	if body.Meta.HasMore = len(body.Data) > limit; body.Meta.HasMore {
		body.Data = body.Data[:limit]
	}
	if n := len(body.Data); n > 0 {
		after = body.Data[n-1].Seq
	}
	body.Meta.NextCursor = strconv.FormatInt(after, 10)
	respond(w, http.StatusOK, body, err)
}

func (s server) query(ctx context.Context, sql string, args []any, row func(pgx.Rows) error) error {
	rows, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

var priorities = taskapi.Priorities()

func rank(p taskapi.Priority) int16 { return int16(max(slices.Index(priorities, p), 0)) }

// scan reads a row: the columns, then more.
func scan(rows pgx.Rows, more ...any) (taskapi.Task, error) {
	var (
		t                      taskapi.Task
		id, list, parent, next [16]byte
		priority               int16
		rule                   string
	)
	into := append([]any{
		&id, &t.Title, &t.Description, &t.CompletedAt, &priority, &t.DueAt, &t.DueOn, &t.Tags, &list, &parent, &rule, &t.RecurrenceFrom, &next,
		&t.Position, &t.Version, &t.CreatedAt, &t.UpdatedAt, &t.DeletedAt,
	}, more...)
	if err := rows.Scan(into...); err != nil {
		return t, err
	}
	t.ID, t.Priority, t.Completed = uuid.UUID(id).String(), priorities[priority], t.CompletedAt != nil
	t.ListID, t.ParentID, t.NextID = wireID(list), wireID(parent), wireID(next)
	if rule != "" {
		t.Recurrence = &rule
	}
	t.CreatedAt, t.UpdatedAt = t.CreatedAt.UTC(), t.UpdatedAt.UTC()
	for _, at := range []*time.Time{t.CompletedAt, t.DueAt, t.DeletedAt} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return t, nil
}

// wireID returns an id as the wire has it: nil for the zero id.
func wireID(id uuid.UUID) *string {
	if id == uuid.Nil {
		return nil
	}
	return new(id.String())
}

func respond(w http.ResponseWriter, status int, body any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		panic(err) // the types of taskapi can always be encoded
	}
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n"))) // fails if the client has disconnected
}

// cursor has the length of the service's cursors, which also identify the list.
type cursor struct {
	List []byte `json:"l"`
	Key  string `json:"k"`
	ID   string `json:"i"`
}

func cursorAfter(t *taskapi.Task) string {
	data, err := json.Marshal(cursor{List: make([]byte, 8), ID: t.ID})
	if err != nil {
		panic(err) // strings can always be encoded
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func parseCursor(text string) (c cursor, err error) {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(data, &c)
}
