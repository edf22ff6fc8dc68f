package web

import (
	"context"
	"errors"
	"fmt"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// Checks are what the BFF needs to be ready.
func Checks(auth *session.BetterAuth, tasks *sdk.Client) []httpapi.Check {
	return []httpapi.Check{
		{Name: "auth", Run: auth.Ready},
		{Name: "tasks", Run: func(ctx context.Context) error { return tasksReady(ctx, tasks) }},
	}
}

// tasksReady asks the task service for something without a token: its refusal
// shows that it is there, and that it is a task service.
func tasksReady(ctx context.Context, tasks *sdk.Client) error {
	_, err := tasks.ListTasks(ctx, taskapi.ListTasksOptions{Limit: 1})
	switch {
	case errors.Is(err, sdk.ErrUnauthenticated):
		return nil
	case err == nil:
		return errors.New("the task service lists tasks without a token")
	default:
		return fmt.Errorf("the task service does not answer: %w", err)
	}
}
