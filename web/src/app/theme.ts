import {
  ActionIcon,
  Button,
  createTheme,
  Drawer,
  Input,
  type MantineColorsTuple,
  Menu,
  Modal,
  Popover,
  SegmentedControl,
  Select,
  TextInput,
  Tooltip,
} from "@mantine/core";

const loop: MantineColorsTuple = [
  "#eeedfb",
  "#dddbf7",
  "#b5b0ea",
  "#aaa3f7",
  "#8a82df",
  "#6f66cd",
  "#5d54c2",
  "#534abd",
  "#4b43b8",
  "#3d36a0",
];

// Locking the scroll position would write a <style> element, which the content security policy forbids.
// The head of a dialog is a <header>, which would count as a second banner of the page.
const overlay = {
  attributes: { header: { role: "none" } },
  lockScroll: false,
  transitionProps: { duration: 140 },
  closeButtonProps: { "aria-label": "Close" },
};

/** Sizes and defaults of Mantine's components. Colours come from styles/tokens.css by way of styles/mantine.css. */
export const theme = createTheme({
  primaryColor: "loop",
  colors: { loop },
  defaultRadius: 4,
  cursorType: "pointer",
  components: {
    Button: Button.extend({
      defaultProps: { size: "compact-sm", variant: "default" },
      vars: () => ({
        root: { "--button-height": "28px", "--button-padding-x": "10px", "--button-fz": "13px" },
      }),
    }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray", size: 28 } }),
    InputWrapper: Input.Wrapper.extend({ defaultProps: { withAsterisk: false } }),
    Modal: Modal.extend({ defaultProps: { ...overlay, size: 440, centered: true } }),
    Drawer: Drawer.extend({ defaultProps: { ...overlay, size: 440, position: "right" } }),
    Menu: Menu.extend({ defaultProps: { transitionProps: { duration: 80 }, position: "bottom-end" } }),
    Popover: Popover.extend({ defaultProps: { transitionProps: { duration: 80 } } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: "xs", transitionDuration: 0 } }),
    Select: Select.extend({ defaultProps: { checkIconPosition: "right", allowDeselect: false } }),
    TextInput: TextInput.extend({ defaultProps: { size: "sm" } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, withinPortal: true } }),
  },
});
