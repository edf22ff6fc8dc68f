package operations

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// SettingsHandlers implement the operations on the user's settings.
type SettingsHandlers struct {
	Get    func(context.Context, *GetSettingsInput) (*GetOutput[taskapi.Settings], error)
	Update func(context.Context, *UpdateSettingsInput) (*WriteOutput[taskapi.Settings], error)
}

// GetSettingsInput is the request of getSettings.
type GetSettingsInput struct {
	MatchInput
	KnownInput
}

// UpdateSettingsInput is the request of updateSettings.
type UpdateSettingsInput struct {
	KeyInput
	MatchInput
	OtherInput
	Body taskapi.UpdateSettingsRequest
}

func registerSettings(s Server, h SettingsHandlers) {
	register(s, h.Get, []taskapi.ErrorCode{taskapi.CodeVersionConflict}, huma.Operation{
		OperationID: "getSettings", Method: http.MethodGet, Path: SettingsPath, Tags: []string{settingsTag},
		Summary: "Get the settings", Description: "Returns the user's settings. They are the defaults in version 1 until they are changed.",
		Responses: map[string]*huma.Response{"304": {Description: "The settings have a version that If-None-Match names."}},
	})
	register(s, h.Update, append([]taskapi.ErrorCode{taskapi.CodeVersionConflict}, anyWriteCodes...), huma.Operation{
		OperationID: "updateSettings", Method: http.MethodPatch, Path: SettingsPath, Tags: []string{settingsTag},
		Summary:     "Update the settings",
		Description: "Sets the settings that are present (RFC 7396); the others keep their values. A request that changes nothing keeps the version.",
		RequestBody: patchBody[taskapi.UpdateSettingsRequest](s.API),
	})
}
