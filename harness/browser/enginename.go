package browser

// An EngineName names an engine, which can run cases.
type EngineName string

const (
	// EngineModel is the model of the standard. It always runs.
	EngineModel EngineName = "model"
	// EngineChromium is the browser that package chromium finds.
	EngineChromium EngineName = "chromium"
)

// EngineNames are the names of all engines.
var EngineNames = []EngineName{EngineModel, EngineChromium}
