package browser

// An EngineName names what can run cases.
type EngineName string

const (
	// EngineModel is the standard on paper. It always runs.
	EngineModel EngineName = "model"
	// EngineChromium is the browser that [Find] finds.
	EngineChromium EngineName = "chromium"
)

// EngineNames are all of them.
var EngineNames = []EngineName{EngineModel, EngineChromium}
