import {
  type ActionIconProps,
  type ButtonProps,
  createTheme,
  type DrawerProps,
  type InputWrapperProps,
  type MantineColorsTuple,
  type MantineThemeComponent,
  type MenuProps,
  type ModalProps,
  type PopoverProps,
  type SegmentedControlProps,
  type SelectProps,
  type TextInputProps,
  type TooltipProps,
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

// `Component.extend` would load every component with the first page.
const defaults = <Props>(props: Partial<Props>): MantineThemeComponent => ({ defaultProps: props });

/** Sizes and defaults of Mantine's components. Colours come from styles/tokens.css by way of styles/mantine.css. */
export const theme = createTheme({
  primaryColor: "loop",
  colors: { loop },
  defaultRadius: 4,
  cursorType: "pointer",
  components: {
    Button: {
      ...defaults<ButtonProps>({ size: "compact-sm", variant: "default" }),
      vars: () => ({
        root: { "--button-height": "28px", "--button-padding-x": "10px", "--button-fz": "13px" },
      }),
    },
    ActionIcon: defaults<ActionIconProps>({ variant: "subtle", color: "gray", size: 28 }),
    InputWrapper: defaults<InputWrapperProps>({ withAsterisk: false }),
    Modal: defaults<ModalProps>({ ...overlay, size: 440, centered: true }),
    Drawer: defaults<DrawerProps>({ ...overlay, size: 440, position: "right" }),
    Menu: defaults<MenuProps>({ transitionProps: { duration: 80 }, position: "bottom-end" }),
    Popover: defaults<PopoverProps>({ transitionProps: { duration: 80 } }),
    SegmentedControl: defaults<SegmentedControlProps>({ size: "xs", transitionDuration: 0 }),
    Select: defaults<SelectProps>({ checkIconPosition: "right", allowDeselect: false }),
    TextInput: defaults<TextInputProps>({ size: "sm" }),
    Tooltip: defaults<TooltipProps>({ openDelay: 400, withinPortal: true }),
  },
});
