package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

var sessionTag = &huma.Tag{Name: "Session", Description: "The signed-in user. Better Auth, below /api/auth, signs users in and out."}

// Session is the signed-in user and the expiry of the session. It contains no token.
type Session struct {
	User      session.User `json:"user"`
	ExpiresAt time.Time    `json:"expiresAt" doc:"When the session expires unless it is used before." example:"2026-11-30T08:00:00Z"`
}

func (s *server) registerSession(api *httpapi.API) {
	httpapi.Register(api, huma.Operation{
		OperationID: "getSession", Method: http.MethodGet, Path: "/api/session",
		Summary:     "Get the session",
		Description: "Returns the signed-in user and the expiry of the session.",
		Tags:        []string{sessionTag.Name},
		Security:    security,
	}, sessionCodes, s.getSession)
}

func (s *server) getSession(ctx context.Context, _ *struct{}) (*operations.Output[Session], error) {
	current := callerFrom(ctx).session
	return &operations.Output[Session]{Body: taskapi.Response[Session]{Success: true, Data: Session{
		User:      current.User,
		ExpiresAt: current.ExpiresAt.UTC(),
	}}}, nil
}
