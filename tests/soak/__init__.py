"""Minutes of trade under faults, judged by somebody who knows neither side of the bridge."""
