package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TaskPage is a page of a list.
type TaskPage struct {
	Tasks []taskapi.Task
	// NextCursor leads to the next page; it is empty on the last one.
	NextCursor string
	// Changes is the user's change number. It is read before the tasks, so
	// that no change after it can be missing from both.
	Changes int64
}

// order is a way to sort tasks: by an expression, equal ones by id.
type order struct {
	expression string
	descending bool
	// nullable: tasks without a value come last in both directions.
	nullable bool
	// key is a row's value as a cursor holds it; "" is null.
	key func(*listRow) string
	// value reads it again as a statement's argument.
	value func(key string) (any, error)
}

// listRow is a row of a list with what only cursors need.
type listRow struct {
	taskRow
	titleKey []byte
}

var orders = func() map[taskapi.Sort]order {
	created := order{
		expression: "created_at",
		key:        func(r *listRow) string { return formatTime(&r.CreatedAt) },
		value:      parseTime,
	}
	updated := order{
		// Numbers rise with the time of the change, and have an index.
		expression: "seq",
		key:        func(r *listRow) string { return strconv.FormatInt(r.Seq, 10) },
		value:      parseNumber,
	}
	due := order{
		expression: "due_at", nullable: true,
		key:   func(r *listRow) string { return formatTime(r.DueAt) },
		value: parseTime,
	}
	priority := order{
		expression: "priority",
		key:        func(r *listRow) string { return strconv.Itoa(int(r.Priority)) },
		value:      parseNumber,
	}
	title := order{
		expression: "title_key",
		key:        func(r *listRow) string { return base64.RawStdEncoding.EncodeToString(r.titleKey) },
		value:      func(key string) (any, error) { return base64.RawStdEncoding.DecodeString(key) },
	}
	down := func(o order) order {
		o.descending = true
		return o
	}
	return map[taskapi.Sort]order{
		"":                           down(created),
		taskapi.NewestFirst:          down(created),
		taskapi.OldestFirst:          created,
		taskapi.RecentlyUpdatedFirst: down(updated),
		taskapi.LongestUntouched:     updated,
		taskapi.DueLatest:            down(due),
		taskapi.DueSoonest:           due,
		taskapi.MostUrgent:           down(priority),
		taskapi.LeastUrgent:          priority,
		taskapi.TitleDescending:      down(title),
		taskapi.TitleAscending:       title,
	}
}()

func formatTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func parseTime(key string) (any, error) { return time.Parse(time.RFC3339Nano, key) }

func parseNumber(key string) (any, error) { return strconv.ParseInt(key, 10, 64) }

// ListTasks returns a page of the tasks that pass the filters, or
// [ErrInvalidCursor]. The limit must be positive.
func (s *Store) ListTasks(ctx context.Context, user string, options taskapi.ListTasksOptions) (TaskPage, error) {
	list, err := s.selectPage(user, options)
	if err != nil {
		return TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	page := TaskPage{Tasks: make([]taskapi.Task, 0, options.Limit)}
	err = s.run(ctx, user, func(batch *pgx.Batch) {
		batch.Queue(selectSeq, user).Query(readSeq(&page.Changes))
		list.queue(batch).Query(func(rows pgx.Rows) error { return page.read(rows, options) })
	})
	if err != nil {
		return TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	return page, nil
}

// read takes the rows of a page and the one behind it, which tells that there
// is another page.
func (p *TaskPage) read(rows pgx.Rows, options taskapi.ListTasksOptions) error {
	var row listRow
	into := append(row.into(), &row.titleKey)
	for rows.Next() {
		if len(p.Tasks) == options.Limit {
			p.NextCursor = cursorAfter(&row, options).String()
			rows.Close()
			break
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		p.Tasks = append(p.Tasks, row.task())
	}
	return rows.Err()
}

const selectSeq = "SELECT seq FROM tasklane.user_state WHERE user_id = $1"

// readSeq reads the user's change number, which is 0 before the first change.
func readSeq(seq *int64) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		*seq = 0
		_, err := pgx.ForEachRow(rows, []any{seq}, func() error { return nil })
		return err
	}
}

func (s *Store) selectPage(user string, options taskapi.ListTasksOptions) (statement, error) {
	by, known := orders[options.Sort]
	if !known {
		return statement{}, fmt.Errorf("there is no order %q", options.Sort)
	}
	after, err := parseCursor(options)
	if err != nil {
		return statement{}, err
	}
	var b bound
	q := s.bun.NewSelect().
		Model((*taskRow)(nil)).
		ColumnExpr(taskColumns).
		ColumnExpr("title_key").
		Where("user_id = ?", b.arg(user))
	filter(q, &b, options)
	if after != nil {
		if err := by.startAfter(q, &b, *after); err != nil {
			return statement{}, err
		}
	}
	direction, nulls := "", ""
	if by.descending {
		direction = " DESC"
	}
	if by.nullable {
		nulls = " NULLS LAST"
	}
	// bun's own Limit would write the number into the text.
	q.OrderExpr(by.expression+direction+nulls+", id"+direction+" LIMIT ?", b.arg(options.Limit+1))
	return s.build(q, &b)
}

// filter adds the conditions of a list's filters.
func filter(q *bun.SelectQuery, b *bound, options taskapi.ListTasksOptions) {
	if options.Deleted {
		q.Where("deleted_at IS NOT NULL")
	} else {
		q.Where("deleted_at IS NULL")
	}
	if options.Completed != nil {
		q.Where("(completed_at IS NOT NULL) = ?", b.arg(*options.Completed))
	}
	if len(options.Priorities) > 0 {
		ranks := make([]int16, len(options.Priorities))
		for i, p := range options.Priorities {
			ranks[i] = rank(p)
		}
		q.Where("priority = ANY (?)", b.arg(ranks))
	}
	if len(options.Tags) > 0 {
		q.Where("tags @> ?", b.arg(options.Tags))
	}
	if options.DueBefore != nil {
		q.Where("due_at < ?", b.arg(*options.DueBefore))
	}
	if options.DueAfter != nil {
		q.Where("due_at >= ?", b.arg(*options.DueAfter))
	}
	if options.Query != "" {
		if query := searchQuery(options.Query); query != "" {
			q.Where("words @@ ?::tsquery", b.arg(query))
		} else {
			q.Where("FALSE") // no task has a word that is none
		}
	}
}

// startAfter adds the condition of what follows a place in the order.
func (o order) startAfter(q *bun.SelectQuery, b *bound, after cursor) error {
	than := ">"
	if o.descending {
		than = "<"
	}
	id := [16]byte(after.ID)
	if after.Key == "" && o.nullable {
		q.Where(o.expression+" IS NULL AND id "+than+" ?", b.arg(id))
		return nil
	}
	value, err := o.value(after.Key)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalidCursor, err)
	}
	next := "(" + o.expression + ", id) " + than + " (?, ?)"
	if o.nullable {
		next += " OR " + o.expression + " IS NULL"
	}
	q.Where("("+next+")", b.arg(value), b.arg(id))
	return nil
}

// GetTask returns a task, also from the trash, or [ErrNotFound].
func (s *Store) GetTask(ctx context.Context, user string, id uuid.UUID) (taskapi.Task, error) {
	var rows []taskRow
	get, err := s.selectTasks(user, []uuid.UUID{id})
	if err == nil {
		err = s.run(ctx, user, func(batch *pgx.Batch) { get.queue(batch).Query(readRows(&rows)) })
	}
	switch {
	case err != nil:
		return taskapi.Task{}, fmt.Errorf("select task: %w", err)
	case len(rows) == 0:
		return taskapi.Task{}, ErrNotFound
	}
	return rows[0].task(), nil
}

func (s *Store) selectTasks(user string, ids []uuid.UUID) (statement, error) {
	var b bound
	q := s.bun.NewSelect().
		Model((*taskRow)(nil)).
		ColumnExpr(taskColumns).
		Where("user_id = ?", b.arg(user))
	// A statement with an array is planned anew each time: PostgreSQL would
	// rather know its length. That takes longer than reading one task.
	if len(ids) == 1 {
		q.Where("id = ?", b.arg([16]byte(ids[0])))
	} else {
		q.Where("id = ANY (?)", b.arg(idBytes(ids)))
	}
	return s.build(q, &b)
}

// idBytes returns ids in the form that takes pgx's short way.
func idBytes(ids []uuid.UUID) [][16]byte {
	plain := make([][16]byte, len(ids))
	for i, id := range ids {
		plain[i] = id
	}
	return plain
}
