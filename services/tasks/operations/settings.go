package operations

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

var settings = Kind{
	Name: taskapi.KindSettings, Title: "Settings", Path: "/api/settings",
	tag: "Settings", about: "The user's settings.",
	Resource: reflect.TypeFor[taskapi.Settings](), Update: reflect.TypeFor[taskapi.UpdateSettingsRequest](),
	register: registerSettings,
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

func registerSettings(s Server, k Kind, h Resources) {
	own := ResourceInput{ID: taskapi.SettingsID}
	register(s, handler(h, func(ctx context.Context, in *GetSettingsInput) (*GetOutput[taskapi.Settings], error) {
		return getOutput[taskapi.Settings](h.Get(ctx, k.Name, GetInput{own, in.MatchInput, in.KnownInput}))
	}), []taskapi.ErrorCode{taskapi.CodeVersionConflict}, huma.Operation{
		OperationID: "getSettings", Method: http.MethodGet, Path: k.Path, Tags: []string{k.tag},
		Summary: "Get the settings", Description: "Returns the user's settings. They are the defaults in version 1 until they are changed.",
		Responses: map[string]*huma.Response{"304": {Description: "The settings have a version that If-None-Match names."}},
	})
	register(s, handler(h, func(ctx context.Context, in *UpdateSettingsInput) (*WriteOutput[taskapi.Settings], error) {
		return writeOutput[taskapi.Settings](h.Write(ctx, k.Name, taskapi.BatchUpdate, WriteInput{own, in.KeyInput, in.MatchInput, in.OtherInput}, in.Body))
	}), append([]taskapi.ErrorCode{taskapi.CodeVersionConflict}, anyWriteCodes...), huma.Operation{
		OperationID: "updateSettings", Method: http.MethodPatch, Path: k.Path, Tags: []string{k.tag},
		Summary:     "Update the settings",
		Description: "Sets the settings that are present (RFC 7396); the others keep their values. A request that changes nothing keeps the version.",
		RequestBody: patchBody[taskapi.UpdateSettingsRequest](s.API),
	})
}
