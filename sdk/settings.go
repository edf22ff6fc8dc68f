package sdk

import (
	"context"
	"net/http"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

const settingsPath = "/api/settings"

// Settings returns the user's settings, at first the defaults. With [IfNoneMatch] it
// fails with [ErrNotModified] if they have not changed since that version.
func (c *Client) Settings(ctx context.Context, opts ...CallOption) (taskapi.Settings, error) {
	return one[taskapi.Settings](ctx, c, request{operation: "getSettings", method: http.MethodGet, path: settingsPath}, opts)
}

// UpdateSettings changes the settings that are set, by [taskapi.Some], and returns
// all of them. With [IfMatch] it fails with [ErrVersionConflict] if they have
// changed meanwhile.
func (c *Client) UpdateSettings(ctx context.Context, changes taskapi.UpdateSettingsRequest, opts ...CallOption) (taskapi.Settings, error) {
	return one[taskapi.Settings](ctx, c, request{operation: "updateSettings", method: http.MethodPatch, path: settingsPath, body: changes, contentType: typeMergePatch}, opts)
}
