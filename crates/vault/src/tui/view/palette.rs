//! The few styles of the view.

use ratatui::style::{Color, Modifier, Style};

/// Whether colours may be used (`NO_COLOR`). Without them, bold and reversed remain.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    /// Whether to use colours.
    pub colour: bool,
}

impl Palette {
    /// What is wrong.
    pub fn bad(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// What waits for somebody to look.
    pub fn look(self) -> Style {
        self.coloured(Color::Yellow)
    }

    /// Headings.
    pub fn heading(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The row of the cursor, and the open tab.
    pub fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// What is only there to be looked up.
    pub fn quiet(self) -> Style {
        self.coloured(Color::Cyan)
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }
}
