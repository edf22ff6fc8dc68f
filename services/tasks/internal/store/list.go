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
	// Changes is the user's change number. It is read with the tasks, or
	// before them, so that no change after it can be missing from both.
	Changes int64
}

// order is a way to sort tasks: by an expression, equal ones by id.
type order struct {
	expression string
	descending bool
	// needs is a column that only this order's cursors need.
	needs string
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
		expression: "title_key", needs: "title_key",
		key:   func(r *listRow) string { return base64.RawStdEncoding.EncodeToString(r.titleKey) },
		value: func(key string) (any, error) { return base64.RawStdEncoding.DecodeString(key) },
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
	begin := setUser(user)
	if !isFiltered(options) {
		begin = s.setUserAndPlan(user)
	}
	var page TaskPage
	err = s.run(ctx, begin, func(batch *pgx.Batch) {
		page = TaskPage{Tasks: make([]taskapi.Task, 0, options.Limit)}
		list.queue(batch).Query(func(rows pgx.Rows) error { return page.read(rows, options) })
	})
	if err == nil && len(page.Tasks) == 0 {
		// The change number stands in the rows. Where there are none it is
		// read first, and then the tasks once more.
		err = s.run(ctx, begin, func(batch *pgx.Batch) {
			page.Tasks = page.Tasks[:0]
			batch.Queue(selectSeq, user).Query(readSeq(&page.Changes))
			list.queue(batch).Query(func(rows pgx.Rows) error { return page.read(rows, options) })
		})
	}
	if err != nil {
		return TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	return page, nil
}

// read takes the rows of a page and the one behind it, which tells that there
// is another page.
func (p *TaskPage) read(rows pgx.Rows, options taskapi.ListTasksOptions) error {
	var row listRow
	into := append(row.into(), &p.Changes)
	if orders[options.Sort].needs != "" {
		into = append(into, &row.titleKey)
	}
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
	part := func(c condition) *bun.SelectQuery {
		q := s.bun.NewSelect().
			Model((*taskRow)(nil)).
			ColumnExpr(taskColumns).
			ColumnExpr("COALESCE((SELECT seq FROM tasklane.user_state WHERE user_id = ?), 0) AS changes", b.arg(user)).
			Where("user_id = ?", b.arg(user))
		if by.needs != "" {
			q.ColumnExpr(by.needs)
		}
		filter(q, &b, options)
		if c.where != "" {
			q.Where(c.where, b.all(c.args)...)
		}
		// bun's own Limit would write the number into the text.
		return q.OrderExpr(by.expression+by.direction()+", id"+by.direction()+" LIMIT ?", b.arg(options.Limit+1))
	}
	conditions, err := by.conditions(after)
	if err != nil {
		return statement{}, err
	}
	q := part(conditions[0])
	if len(conditions) == 1 {
		return s.build(q, &b)
	}
	rest := part(conditions[1])
	return s.build(s.bun.NewSelect().
		ColumnExpr("*").
		TableExpr("((?) UNION ALL (?)) AS page", q, rest).
		OrderExpr(by.expression+by.direction()+" NULLS LAST, id"+by.direction()+" LIMIT ?", b.arg(options.Limit+1)), &b)
}

// isFiltered reports whether it depends on the filters how a page is found best.
func isFiltered(o taskapi.ListTasksOptions) bool {
	return o.Deleted || o.Completed != nil || len(o.Priorities) > 0 || len(o.Tags) > 0 ||
		o.DueBefore != nil || o.DueAfter != nil || o.Query != ""
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

// condition is a condition of a statement with its arguments.
type condition struct {
	where string
	args  []any
}

// conditions say what stands behind a place in the order, or everywhere without
// one. There are two where a list goes on from tasks that have a value to those
// that have none: an index finds the beginning of either, but not of both at
// once.
func (o order) conditions(after *cursor) ([]condition, error) {
	some, none := condition{where: o.expression + " IS NOT NULL"}, condition{where: o.expression + " IS NULL"}
	if after == nil {
		if o.nullable {
			return []condition{some, none}, nil
		}
		return []condition{{}}, nil
	}
	than, id := " > ", [16]byte(after.ID)
	if o.descending {
		than = " < "
	}
	if after.Key == "" && o.nullable {
		none.where, none.args = none.where+" AND id"+than+"?", []any{id}
		return []condition{none}, nil
	}
	value, err := o.value(after.Key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidCursor, err)
	}
	some = condition{where: "(" + o.expression + ", id)" + than + "(?, ?)", args: []any{value, id}}
	if o.nullable {
		return []condition{some, none}, nil
	}
	return []condition{some}, nil
}

func (o order) direction() string {
	if o.descending {
		return " DESC"
	}
	return ""
}

// GetTask returns a task, also from the trash, or [ErrNotFound].
func (s *Store) GetTask(ctx context.Context, user string, id uuid.UUID) (taskapi.Task, error) {
	var rows []taskRow
	get, err := s.selectTasks(user, []uuid.UUID{id})
	if err == nil {
		err = s.run(ctx, s.setUserAndPlan(user), func(batch *pgx.Batch) { get.queue(batch).Query(readRows(&rows)) })
	}
	switch {
	case err != nil:
		return taskapi.Task{}, fmt.Errorf("select task: %w", err)
	case len(rows) == 0:
		return taskapi.Task{}, ErrNotFound
	}
	return rows[0].task(), nil
}

// selectTasks selects a user's tasks by their ids. A statement with an array is
// planned anew each time, since PostgreSQL would rather know its length, and
// that takes longer than reading one task does: one id is not an array.
func (s *Store) selectTasks(user string, ids []uuid.UUID) (statement, error) {
	if len(ids) == 1 {
		id := [16]byte(ids[0])
		return s.selectOne.with(func() (statement, error) { return s.selectByID("id = ?", user, id) }, user, id)
	}
	return s.selectByID("id = ANY (?)", user, idBytes(ids))
}

func (s *Store) selectByID(condition, user string, id any) (statement, error) {
	var b bound
	return s.build(s.bun.NewSelect().
		Model((*taskRow)(nil)).
		ColumnExpr(taskColumns).
		Where("user_id = ?", b.arg(user)).
		Where(condition, b.arg(id)), &b)
}

// idBytes returns ids in the form that takes pgx's short way.
func idBytes(ids []uuid.UUID) [][16]byte {
	plain := make([][16]byte, len(ids))
	for i, id := range ids {
		plain[i] = id
	}
	return plain
}
