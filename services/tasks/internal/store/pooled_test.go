package store_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestConcurrentStatements_StaySeparate runs different statements for different users on many
// connections at once. A pooler that reassigns server connections must not mix up
// statements or users.
func TestConcurrentStatements_StaySeparate(t *testing.T) {
	t.Parallel()
	const users, rounds = 16, 15
	db := storetest.NewDatabase(t)
	address, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	query.Set("pool_max_conns", "20")
	address.RawQuery = query.Encode()
	s := storetest.Open(t, store.Config{URL: address.String()})

	sorts := taskapi.Sorts()
	var group errgroup.Group
	for n := range users {
		user := fmt.Sprintf("user-%02d", n)
		want := make([]string, n%3+1)
		for i := range want {
			want[i] = fmt.Sprintf("%s task %d", user, i)
			req := taskapi.CreateTaskRequest{Title: want[i], Tags: []string{user}, Priority: taskapi.Priorities()[i]}
			if n%2 == 0 {
				req.DueAt = new(noon)
			}
			mustCreate(t, s, user, req)
		}
		group.Go(func() error {
			for round := range rounds {
				// Each combination has its own statement.
				options := taskapi.ListTasksOptions{Sort: sorts[(n+round)%len(sorts)], Limit: 50}
				if (n+round)%2 == 0 {
					options.Tags = []string{user}
				}
				if (n+round)%3 == 0 {
					options.Query = "task"
				}
				if (n+round)%5 == 0 {
					options.Priorities = taskapi.Priorities()
				}
				page, err := s.ListTasks(t.Context(), user, options)
				if err != nil {
					return fmt.Errorf("%s, round %d: %w", user, round, err)
				}
				for _, task := range page.Tasks {
					if !strings.HasPrefix(task.Title, user+" ") {
						return fmt.Errorf("%s sees %q", user, task.Title)
					}
				}
				if len(page.Tasks) != len(want) || page.Changes != int64(len(want)) {
					return fmt.Errorf("%s sees %d tasks after %d changes, want %d of both", user, len(page.Tasks), page.Changes, len(want))
				}
				stats, err := s.TaskStats(t.Context(), user, time.UTC)
				if err != nil || stats.Open != int64(len(want)) {
					return fmt.Errorf("%s counts %d tasks, %w", user, stats.Open, err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// TestConcurrentFirstWrites_AreAllKept checks that none of a user's concurrent first writes is
// lost. A user without writes has no row to lock.
func TestConcurrentFirstWrites_AreAllKept(t *testing.T) {
	t.Parallel()
	const users, writes = 100, 6
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL + "&pool_max_conns=12", Pooled: true})
	for n := range users {
		user := fmt.Sprintf("user-%03d", n)
		var group errgroup.Group
		for write := range writes {
			group.Go(func() error {
				_, err := s.Write(t.Context(), user, zoneOf(fmt.Sprintf("Etc/GMT+%d", write+1)), nil)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		got, err := s.Get(t.Context(), user, taskapi.KindSettings, uuid.MustParse(taskapi.SettingsID))
		if err != nil {
			t.Fatal(err)
		}
		if got.Version != writes+1 {
			t.Errorf("%s: the settings have version %d, want %d", user, got.Version, writes+1)
		}
	}
}
