package bench

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// size is the amount of data.
type size struct {
	// users and tasks are the numbers of users and of all their tasks in the main
	// database, without the user with many tasks; grownUsers and grownTasks are
	// those of the grown database.
	users, tasks, grownUsers, grownTasks int
	// signedUp is the number of users who have an account and a session.
	signedUp int
	// requested is the number of users of each database whose tasks are requested.
	requested int
}

// manyTasks is the number of tasks of one user of the main database.
const manyTasks = 200_000

//go:embed data.sql
var insertTasks string

// idsOfUser bounds the tasks per user that are requested by id.
const idsOfUser = 50

// population are the users whose tasks are requested.
type population struct {
	// users are in the main database; browsers are those of them who signed up.
	users, browsers []user
	// grown are in the grown database; many has [manyTasks].
	grown []user
	many  user
}

// load fills both databases and returns their populations.
func (s *stack) load(ctx context.Context, size size) (p population, err error) {
	cookies := map[string]string{}
	var ids []string
	for range size.signedUp {
		id, cookie, err := s.signUp(ctx)
		if err != nil {
			return p, err
		}
		ids, cookies[id] = append(ids, id), cookie
	}
	ids = append(ids, names("user", size.users-len(ids))...)
	if err := s.fill(ctx, mainDatabase, ids, size.tasks); err != nil {
		return p, err
	}
	if err := s.fill(ctx, mainDatabase, []string{"many"}, manyTasks); err != nil {
		return p, err
	}
	grown := names("grown", size.grownUsers)
	if err := s.fill(ctx, grownDatabase, grown, size.grownTasks); err != nil {
		return p, err
	}
	if p.users, err = s.users(ctx, mainDatabase, ids[:min(size.requested, len(ids))], cookies); err != nil {
		return p, err
	}
	for _, u := range p.users {
		if u.browser != nil {
			p.browsers = append(p.browsers, u)
		}
	}
	rand.Shuffle(len(grown), func(i, j int) { grown[i], grown[j] = grown[j], grown[i] })
	if p.grown, err = s.users(ctx, grownDatabase, grown[:min(size.requested, len(grown))], nil); err != nil {
		return p, err
	}
	many, err := s.users(ctx, mainDatabase, []string{"many"}, nil)
	if err != nil {
		return p, err
	}
	p.many = many[0]
	return p, nil
}

// names returns the ids of n users.
func names(prefix string, n int) []string {
	all := make([]string, max(n, 0))
	for i := range all {
		all[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return all
}

// fill generates tasks inside PostgreSQL. It builds the indexes at the end, which takes a
// fraction of the time.
func (s *stack) fill(ctx context.Context, database string, users []string, tasks int) error {
	conn, err := pgx.Connect(ctx, s.postgres.AdminURL(database))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "SET maintenance_work_mem = '1GB'"); err != nil {
		return err
	}
	rows, err := conn.Query(ctx, `SELECT indexname, indexdef FROM pg_indexes
		WHERE schemaname = 'tasklane' AND tablename = 'tasks' AND indexname <> 'tasks_pkey'`)
	if err != nil {
		return err
	}
	var drop, create []string
	var name, definition string
	_, err = pgx.ForEachRow(rows, []any{&name, &definition}, func() error {
		drop, create = append(drop, "DROP INDEX tasklane."+name), append(create, definition)
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, strings.Join(append(drop, "ALTER TABLE tasklane.tasks DROP CONSTRAINT tasks_pkey"), ";")); err != nil {
		return err
	}
	if err := s.insert(ctx, database, users, tasks); err != nil {
		return fmt.Errorf("insert %d tasks: %w", tasks, err)
	}
	if _, err := conn.Exec(ctx, `INSERT INTO tasklane.user_state (user_id, seq)
		SELECT u, $2 FROM unnest($1::text[]) AS u`, users, 1+tasks/len(users)); err != nil {
		return err
	}
	after := append(create, "ALTER TABLE tasklane.tasks ADD PRIMARY KEY (user_id, id)", "VACUUM ANALYZE", "CHECKPOINT")
	for _, statement := range after {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// insert generates tasks over one connection per processor, in portions of 100,000, so that a
// user's tasks are about as scattered in the table as with one connection.
func (s *stack) insert(ctx context.Context, database string, users []string, tasks int) error {
	const portion = 100_000
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for from := 0; from < tasks; from += portion {
		group.Go(func() error {
			return s.exec(ctx, database, insertTasks, users, tasks, from, min(from+portion, tasks))
		})
	}
	return group.Wait()
}

// users returns users with the ids of some of their tasks.
func (s *stack) users(ctx context.Context, database string, ids []string, cookies map[string]string) ([]user, error) {
	conn, err := pgx.Connect(ctx, s.postgres.AdminURL(database))
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, `SELECT u.user_id, u.seq, ARRAY(SELECT id::text FROM tasklane.tasks t WHERE t.user_id = u.user_id LIMIT $2)
		FROM tasklane.user_state u WHERE u.user_id = ANY ($1)`, ids, idsOfUser)
	if err != nil {
		return nil, err
	}
	var (
		all     []user
		id      string
		changes int64
		tasks   []string
	)
	_, err = pgx.ForEachRow(rows, []any{&id, &changes, &tasks}, func() error {
		u, err := s.newUser(id, cookies[id])
		if err != nil {
			return err
		}
		u.changes, u.tasks = changes, tasks
		all = append(all, u)
		return nil
	})
	return all, err
}
