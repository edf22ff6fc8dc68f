package api

import (
	"context"
	"reflect"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/operations"
)

// settingsRules are the rules of the settings that the document does not express.
var settingsRules = cleaner{"timeZone": zoneName}

// zoneName is the rule of a time zone's name, which it converts to the canonical spelling.
func zoneName(c *checker, name string, _ reflect.StructField, value reflect.Value) {
	zone, err := taskapi.LoadZone(value.String())
	if err != nil {
		c.fault(name, taskapi.FieldNotAllowed, "must be the IANA name of a time zone, such as Europe/Berlin")
		return
	}
	value.SetString(zone.String())
}

// settingsHandlers returns the handlers of a resource on the user's only settings.
func (h *handlers) settingsHandlers() operations.SettingsHandlers {
	all := resourceHandlers[struct{}, struct{}, taskapi.UpdateSettingsRequest, struct{}, taskapi.Settings](
		h, taskapi.KindSettings, operations.SettingsPath,
	)
	own := operations.ResourceInput{ID: taskapi.SettingsID}
	return operations.SettingsHandlers{
		Get: func(ctx context.Context, in *operations.GetSettingsInput) (*operations.GetOutput[taskapi.Settings], error) {
			return all.Get(ctx, &operations.GetInput{ResourceInput: own, MatchInput: in.MatchInput, KnownInput: in.KnownInput})
		},
		Update: func(ctx context.Context, in *operations.UpdateSettingsInput) (*operations.WriteOutput[taskapi.Settings], error) {
			write := operations.WriteInput{ResourceInput: own, KeyInput: in.KeyInput, MatchInput: in.MatchInput, OtherInput: in.OtherInput}
			return all.Update(ctx, &operations.EditInput[taskapi.UpdateSettingsRequest]{WriteInput: write, Body: in.Body})
		},
	}
}
